import { expect, test } from 'vitest'
import { makePlan } from '../../src/engine/plan.ts'
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
