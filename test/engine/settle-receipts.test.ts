import { expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { settleByReceipts } from '../../src/engine/settle-receipts.ts'
import type { RecordedEvent } from '../../src/model/event.ts'
import { hostName, stepId } from '../../src/model/id.ts'
import { defineModule } from '../../src/model/module.ts'
import { ProblemError, succeed } from '../../src/model/problem.ts'
import { Type } from '../../src/model/schema.ts'
import { fakeConnection, fakeTransport } from '../fake/fake-transport.ts'
import { makeWorld, runbook, setKey, stage, step } from './world.ts'

/** Gives what its one command gave, as `command` does. */
const free = defineModule({
  name: 'free',
  summary: 'runs',
  example: '',
  effect: 'changes',
  args: Type.Object({}),
  resources: () => [],
  read: () => Promise.resolve(null),
  plan: () => ({ kind: 'noop', summary: '' }),
  apply: async (_args, _change, session) => {
    const { code, stdout } = await session.run({ parts: [] })
    return { code, stdout: stdout.toString() }
  },
})

/** How its end was missed. */
const WAYS: readonly (readonly [string, readonly RecordedEvent[]])[] = [
  ['the program was killed', []],
  [
    'the host was not heard of any more',
    [
      {
        ...{ type: 'step-failed', host: hostName('e1'), stage: 0, step: stepId('move') },
        problem: { kind: 'connection-lost', message: 'gone' },
      },
    ],
  ],
]

/** A host with the receipt of a command that ended with 4, or with none. */
const hostWith = (name: string, receipt: 'a receipt' | 'no receipt') => {
  const asked: string[] = []
  const connection = fakeConnection((text) => {
    if (text.includes('/etc/machine-id')) return `machine-${name}\nboot\n`
    asked.push(text)
    if (receipt === 'no receipt') return ''
    if (text.includes('ls -1')) return '01M7Z5RAVG5BTB4X59XXD2WDY2.0.1.run\n'
    if (text.includes('echo void')) return 'done\n'
    return { code: 4, stdout: 'moved\n' }
  }, hostName(name))
  return { connection, asked }
}

test.each(WAYS)('how a step with `on` ended is looked for on the host that it worked on: %s', async (_, more) => {
  const world = await makeWorld(['e1'], {}, ['hv'])
  const book = runbook([
    stage('move', [
      step(
        'move',
        free,
        {},
        {
          on: { source: 'hv', names: [], at: { file: 't', line: 1, column: 1, length: 1 }, bind: () => succeed('hv') },
        },
      ),
    ]),
  ])
  const [own, other] = [hostWith('e1', 'no receipt'), hostWith('hv', 'a receipt')]
  const input = { ...world.runInput(book), transport: fakeTransport([own.connection, other.connection]) }
  const host = hostName('e1')
  const begun: RecordedEvent = {
    type: 'step-started',
    ...{ host, stage: 0, step: stepId('move'), on: hostName('hv'), name: 'Move', module: 'free', become: true },
    ...{ args: {}, folder: '/runs/r/move@e1' },
    change: {
      ...{ verb: 'run', summary: 'mv', details: [], before: {}, after: null },
      ...{ settles: false, reversible: false },
    },
  }
  const started: RecordedEvent = {
    type: 'run-started',
    ...{ run: input.run, verb: 'apply', tool: 't', startedAt: '', params: [], hosts: [host] },
    runbook: { name: 'test', file: 'test.yaml', sha256: 'r', text: '' },
    inventory: input.inventory,
  }
  const journal = await input.journals.create(input.run)
  for (const event of [started, begun, ...more]) await journal.append(event)
  await journal.close()
  await settleByReceipts(input, (await input.journals.fold(input.run)).changes)
  expect((await input.journals.fold(input.run)).changes).toMatchObject([
    { state: 'changed', output: { code: 4, stdout: 'moved\n' } },
  ])
  expect(own.asked).toEqual([])
})

test('what a killed run had done is settled before the next plan is made, which says so', async () => {
  const world = await makeWorld(['e1'], { a: 'old', b: 'old' })
  const book = runbook([
    stage('one', [step('a', setKey, { key: 'a', to: 'new' }), step('b', setKey, { key: 'b', to: 'new' })]),
  ])
  const input = world.runInput(book)
  const { journals, run } = input
  const mortal: typeof journals = {
    ...journals,
    create: async (id) => {
      const journal = await journals.create(id)
      const append: typeof journal.append = (event) =>
        event.type === 'step-finished'
          ? Promise.reject(new ProblemError({ kind: 'io', message: 'killed' }))
          : journal.append(event)
      return { ...journal, append }
    },
  }
  await applyPlan({ ...input, journals: mortal, plan: await makePlan(input) }).catch(() => undefined)
  expect((await journals.fold(run)).changes).toMatchObject([{ step: 'a', state: 'started' }])
  await settleByReceipts(input, (await journals.fold(run)).changes)
  const past = await journals.fold(run)
  expect(past.changes).toMatchObject([{ step: 'a', state: 'changed' }])
  const plan = await makePlan({ ...input, past })
  expect(plan.stages[0]?.steps.map(({ decision }) => decision.kind)).toEqual(['skipped', 'change'])
})
