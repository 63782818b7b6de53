import { expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import type { Answer, ApplyInput } from '../../src/engine/input.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { rollBack } from '../../src/engine/rollback.ts'
import { pause } from '../../src/modules/system/pause.ts'
import { reboot } from '../../src/modules/system/reboot.ts'
import { look, makeWorld, runbook, setKey, stage, step, type World } from './world.ts'

const asking = () =>
  runbook([
    stage('one', [
      step('before', setKey, { key: 'a', to: '1' }),
      step('ask', pause, { prompt: 'Is it drained?' }),
      step('after', setKey, { key: 'b', to: '1' }),
    ]),
  ])

async function start(world: World, answer?: Answer): Promise<ApplyInput> {
  const plan = await makePlan(world.input(asking()))
  return { ...world.runInput(asking()), plan, ...(answer ? { approve: async () => answer } : {}) }
}

test.each([
  ['refused', 'not agreed to: Is it drained?'],
  ['nobody', 'nobody is there to answer: Is it drained?'],
] as const)(
  'a question that is answered by %s stops the run, and resume asks again and goes on',
  async (answer, said) => {
    const world = await makeWorld(['e1'], { a: '0', b: '0' })
    const input = await start(world, answer)
    const stopped = await applyPlan(input)
    expect(stopped.outcome).toBe('interrupted')
    expect(stopped.problems[0]?.message).toContain(said)
    expect(stopped.problems[0]?.hint).toContain('runbook resume')
    const past = await input.journals.fold(input.run)
    const asked: string[] = []
    const planning = world.input(asking(), { past })
    const plan = await makePlan(planning)
    const approve = async (question: string): Promise<Answer> => {
      asked.push(question)
      return 'agreed'
    }
    expect(await applyPlan({ ...input, ...planning, plan, approve })).toMatchObject({
      outcome: 'applied',
      problems: [],
    })
    expect(asked).toEqual(['e1: Is it drained?'])
    expect(world.log).toEqual(['e1 set a 1', 'e1 set b 1'])
  },
)

test('without anybody to ask a run stops at a question, and is undone from there', async () => {
  const world = await makeWorld(['e1'], { a: '0', b: '0' })
  const input = await start(world)
  expect((await applyPlan(input)).outcome).toBe('interrupted')
  const record = await input.journals.fold(input.run)
  expect((await rollBack({ ...world.runInput(asking()), record })).outcome).toBe('rolled-back')
  expect(world.log).toEqual(['e1 set a 1', 'e1 set a 0'])
})

test('asking to stop ends a pause', async () => {
  const world = await makeWorld(['e1'], { a: '0' })
  const book = runbook([
    stage('one', [step('wait', pause, { for: '1h' }), step('after', setKey, { key: 'a', to: '1' })]),
  ])
  const plan = await makePlan(world.input(book))
  let slept = 0
  const clock = {
    now: () => new Date(0),
    steadyMs: () => 0,
    sleep: async () => {
      slept += 1
      world.stop = slept === 3
    },
  }
  expect((await applyPlan({ ...world.runInput(book), plan, clock })).outcome).toBe('interrupted')
  expect(slept).toBe(3)
  expect(world.log).toEqual([])
})

test('how it was agreed to is in the record', async () => {
  const world = await makeWorld(['e1'], { a: '0', b: '0' })
  const input = await start(world, 'agreed-before')
  await applyPlan(input)
  const record = await input.journals.fold(input.run)
  expect(record.changes.find(({ step: id }) => id === 'ask')?.output).toEqual({ approved: 'by --yes' })
})

test('the machine that runs this is not rebooted', async () => {
  const world = await makeWorld(['e1'], {})
  const book = runbook([stage('one', [step('boot', reboot, {})])])
  const { hosts } = world.input(book)
  const local = hosts.map((host) => ({ ...host, endpoint: { ...host.endpoint, transport: 'local' as const } }))
  const plan = await makePlan(world.input(book, { hosts: local }))
  expect(JSON.stringify(plan)).toContain('reboot would end this run: e1 is the machine that runs it')
})

test('what comes after a pause is planned as if there were none', async () => {
  const world = await makeWorld(['e1'], { a: '0' })
  const book = runbook([
    stage('one', [step('ask', pause, { prompt: 'Sure?' }), step('see', look, { key: 'a', is: '0' })]),
  ])
  expect(JSON.stringify(await makePlan(world.input(book)))).not.toContain('deferred')
})
