import { describe, expect, test } from 'vitest'
import { askToApply } from '../../src/cli/approval.ts'
import { ask, askHidden } from '../../src/cli/ask.ts'
import type { Approval } from '../../src/cli/command.ts'
import type { Plan } from '../../src/model/plan.ts'
import { change, samplePlan, step } from '../report/samples.ts'
import { fakeWorld } from './fake-world.ts'

const planOf = (reversible: readonly boolean[]): Plan => ({
  ...samplePlan,
  stages: [
    {
      name: 'All',
      batches: [],
      steps: reversible.map((one, index) =>
        step('e1', `s${index}`, { kind: 'change', change: change({ reversible: one }) }),
      ),
    },
  ],
})

const asking: Approval = { changes: 'ask', irreversible: 'ask', input: 'allowed' }
const harmless = planOf([true, true])
const final = planOf([true, false])

describe('on a terminal', () => {
  test.each([
    ['yes', 'yes'],
    ['y', 'yes'],
    ['YES', 'yes'],
    ['', 'no'],
    ['no', 'no'],
    ['yes please', 'no'],
  ])('the answer "%s" to a harmless plan means %s', async (answer, goOn) => {
    const world = fakeWorld({ terminal: 'yes' })
    world.type(`${answer}\n`)
    expect(await askToApply(harmless, { approval: asking, world })).toMatchObject({ goOn })
    expect(world.told().stderr).toContain('Apply this plan?')
  })

  test.each([
    ['etcd-tune-timeouts', 'yes'],
    ['yes', 'no'],
    ['', 'no'],
  ])('a plan that cannot be undone takes the name of the runbook: "%s" means %s', async (answer, meaning) => {
    const world = fakeWorld({ terminal: 'yes' })
    world.type(`${answer}\n`)
    expect(await askToApply(final, { approval: asking, world })).toEqual({ goOn: meaning, irreversible: meaning })
  })

  test('--yes answers for what can be undone only', async () => {
    const world = fakeWorld({ terminal: 'yes' })
    const approval: Approval = { ...asking, changes: 'given' }
    expect(await askToApply(harmless, { approval, world })).toEqual({ goOn: 'yes', irreversible: 'no' })
    await expect(askToApply(final, { approval, world })).rejects.toMatchObject({ problems: [{ kind: 'irreversible' }] })
    expect(world.told().stderr).toBe('')
  })

  test('both flags ask nothing', async () => {
    const world = fakeWorld({ terminal: 'yes' })
    const approval: Approval = { ...asking, changes: 'given', irreversible: 'given' }
    expect(await askToApply(final, { approval, world })).toEqual({ goOn: 'yes', irreversible: 'yes' })
  })

  test('an end of input is no', async () => {
    const world = fakeWorld({ terminal: 'yes' })
    world.stdin.push(null)
    expect(await ask(world, 'Well?')).toBe('')
  })

  test('a password is read without being shown', async () => {
    const world = fakeWorld({ terminal: 'yes' })
    const answer = askHidden(world, 'password:')
    world.type('hun')
    world.type('x\u007fter2\r')
    expect((await answer).reveal()).toBe('hunter2')
    expect(world.told().stderr).toBe('password: \n')
  })

  test('Ctrl-C at a password ends as interrupted', async () => {
    const world = fakeWorld({ terminal: 'yes' })
    const answer = askHidden(world, 'password:')
    world.type('hun\u0003')
    await expect(answer).rejects.toMatchObject({ problems: [{ kind: 'interrupted' }] })
  })
})

describe('without a terminal, or with --no-input', () => {
  test.each([
    ['no terminal', fakeWorld(), asking],
    ['--no-input', fakeWorld({ terminal: 'yes' }), { ...asking, input: 'never' } as const],
  ])('%s: nothing is asked, and nothing goes on', async (_, world, approval) => {
    await expect(askToApply(harmless, { approval, world })).rejects.toMatchObject({ problems: [{ kind: 'usage' }] })
    await expect(askToApply(final, { approval, world })).rejects.toMatchObject({ problems: [{ kind: 'irreversible' }] })
    expect(world.told().stderr).toBe('')
  })
})
