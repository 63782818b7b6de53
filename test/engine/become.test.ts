import { expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { ProblemError } from '../../src/model/problem.ts'
import type { Privilege } from '../../src/model/transport.ts'
import { fakeConnection, fakeTransport } from '../fake/fake-transport.ts'
import { makeWorld, names, runbook, setKey, stage, step } from './world.ts'

/** The privileges that h's steps were planned with, when its inventory says `host`, the runbook and the step theirs. */
async function privilegesOf(said: {
  host?: boolean
  runbook?: boolean
  step?: boolean
}): Promise<readonly Privilege[]> {
  const world = await makeWorld(['h'], { a: '1' })
  const [host] = names('h')
  const connection = fakeConnection((text) => (text.startsWith('get') ? '1' : ''), host)
  const more = said.step === undefined ? {} : { become: said.step }
  const { become: _, ...silent } = runbook([stage('one', [step('set', setKey, { key: 'a', to: '2' }, more)])])
  const input = world.input(said.runbook === undefined ? silent : { ...silent, become: said.runbook })
  const become = said.host === undefined ? {} : { become: said.host }
  const hosts = input.hosts.map((one) => ({ ...one, ...become }))
  await makePlan({ ...input, hosts, transport: fakeTransport([connection]) })
  return connection.asked.filter(({ text }) => text.startsWith('get')).map(({ privilege }) => privilege)
}

test.each([
  [{}, 'login'],
  [{ host: true }, 'root'],
  [{ host: true, runbook: false }, 'login'],
  [{ host: true, runbook: true, step: false }, 'login'],
  [{ host: false, step: true }, 'root'],
] as const)('a step says who runs it, else the runbook, else the inventory: %j is %s', async (said, privilege) => {
  expect(await privilegesOf(said)).toEqual([privilege])
})

test('a password that sudo refuses is told before the first write, and no run is recorded', async () => {
  const world = await makeWorld(['h'], { a: '1' })
  const [host] = names('h')
  const connection = fakeConnection((text) => {
    if (text === ':') throw new ProblemError({ kind: 'become', message: 'sudo said no' })
    return text.startsWith('get') ? '1' : ''
  }, host)
  const book = { ...runbook([stage('one', [step('set', setKey, { key: 'a', to: '2' })])]), become: true }
  const transport = fakeTransport([connection])
  const plan = await makePlan({ ...world.input(book), transport })
  const input = { ...world.runInput(book), transport, plan }
  await expect(applyPlan(input)).rejects.toMatchObject({ problems: [{ kind: 'become' }] })
  expect(await input.journals.list()).toEqual([])
  expect(connection.asked.some(({ text }) => text.includes('set a'))).toBe(false)
})
