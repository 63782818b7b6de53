import { expect, test } from 'vitest'
import { agreer } from '../../src/cli/agree.ts'
import { fakeWorld } from './fake-world.ts'

const asking = { changes: 'ask', irreversible: 'ask', input: 'allowed' } as const
const given = { ...asking, changes: 'given' } as const

test('a step asks on the terminal, also where the plan was agreed to by --yes, and only yes goes on', async () => {
  const world = fakeWorld({ terminal: 'yes' })
  const agree = agreer(world, given)
  const answers = [agree('h1: Go on?\u001b[2J'), agree('h2: Go on?')]
  await expect.poll(() => world.told().stderr).toContain('h1: Go on?')
  expect(world.told().stderr).not.toContain('h2')
  expect(world.told().stderr).not.toContain('\u001b')
  world.type('yes\n')
  await expect.poll(() => world.told().stderr).toContain('h2: Go on?')
  world.type('sure\n')
  expect(await Promise.all(answers)).toEqual(['agreed', 'refused'])
})

test('where nobody can answer, --yes does, and without it nobody has agreed', async () => {
  expect(await agreer(fakeWorld(), given)('Go on?')).toBe('agreed-before')
  expect(await agreer(fakeWorld(), asking)('Go on?')).toBe('nobody')
  expect(await agreer(fakeWorld({ terminal: 'yes' }), { ...asking, input: 'never' })('Go on?')).toBe('nobody')
})

test('Ctrl-C ends the question', async () => {
  const world = fakeWorld({ terminal: 'yes' })
  const answer = agreer(world, asking)('Go on?')
  await expect.poll(() => world.told().stderr).toContain('Go on?')
  world.interrupt()
  expect(await answer).toBe('refused')
})
