import { describe, expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import type { ApplyInput } from '../../src/engine/input.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { rawText, sh } from '../../src/model/command.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { defineModule } from '../../src/model/module.ts'
import { fail, succeed } from '../../src/model/problem.ts'
import type { Bindable, Runbook, Step } from '../../src/model/runbook.ts'
import { Type } from '../../src/model/schema.ts'
import { look, makeWorld, runbook, setKey, stage, step, type World } from './world.ts'

/** Adds one to a key and gives the number; done where it is `enough`. */
const add = defineModule({
  name: 'add',
  summary: 'adds',
  example: '',
  effect: 'changes',
  args: Type.Object({ key: Type.String(), enough: Type.String() }),
  resources: ({ key }) => [`cluster:${key}`],
  read: async ({ key }, probe) => (await probe.run(sh`get ${key}`)).stdout.toString(),
  plan: ({ key, enough }, state) =>
    state === enough
      ? { kind: 'noop', summary: `${key} is ${enough}`, output: { n: Number(state) } }
      : {
          kind: 'change',
          change: {
            verb: 'run',
            summary: `add to ${key}`,
            details: [],
            before: {},
            after: null,
            settles: false,
            reversible: true,
            predicts: {},
          },
        },
  apply: async ({ key }, _change, session) => {
    const n = Number((await session.run(sh`get ${key}`)).stdout.toString()) + 1
    await session.run(rawText(`set ${key} ${n}`))
    return { n, secret: 'hunter2' }
  },
  revert: async () => undefined,
})

const until = (holds: (output: JsonObject) => boolean): Bindable<boolean> => ({
  source: 'output.n >= 2',
  names: ['output'],
  at: { file: 'test.yaml', line: 9, column: 9, length: 1 },
  bind: ({ output }) =>
    output === null
      ? fail([{ kind: 'expression', message: 'there is no output' }])
      : succeed(holds((typeof output === 'object' ? output : { n: Number(String(output).slice(1)) }) as JsonObject)), // sealed: the modules here give these
})

const atLeast = (n: number) => until((output) => Number(output.n) >= n)

const retry = (times: number, condition = atLeast(2)): Partial<Step> => ({
  retry: { times, everyMs: 1000, until: condition },
})

const adding = (times: number, enough = 'never'): Runbook =>
  runbook([stage('one', [step('add', add, { key: 'n', enough }, retry(times))])], { onFailure: 'stop' })

/** Time passes on the hosts too: whoever waits finds `tick` one further. */
function ticking(world: World): ApplyInput['clock'] {
  let slept = 0
  return {
    now: () => new Date(0),
    steadyMs: () => 0,
    sleep: async () => {
      slept += 1
      for (const values of world.hosts.values()) values.set('tick', `t${slept}`)
    },
  }
}

async function applied(world: World, book: Runbook) {
  const clock = ticking(world)
  const plan = await makePlan(world.input(book, { clock }))
  const input = { ...world.runInput(book, { clock }), plan }
  const summary = await applyPlan(input)
  return { plan, summary, record: await input.journals.fold(input.run) }
}

describe('a change with until', () => {
  test('is made again until its output satisfies it', async () => {
    const world = await makeWorld(['e1'], { n: '0' })
    const { summary, record } = await applied(world, adding(5))
    expect(summary).toMatchObject({ outcome: 'applied', problems: [] })
    expect(world.log).toEqual(['e1 set n 1', 'e1 set n 2'])
    expect(record.changes).toMatchObject([{ state: 'changed', output: { n: 2 } }])
  })

  test('is looked at before each further try, and not made again where nothing is left to do', async () => {
    const world = await makeWorld(['e1'], { n: '0' })
    const book = runbook([stage('one', [step('add', add, { key: 'n', enough: '1' }, retry(3))])], { onFailure: 'stop' })
    const { summary } = await applied(world, book)
    expect(summary.outcome).toBe('failed-not-rolled-back')
    expect(world.log).toEqual(['e1 set n 1'])
  })

  test('fails after the last try with the expression and the shape of the last output, and none of its text', async () => {
    const world = await makeWorld(['e1'], { n: '-9' })
    const { summary, record } = await applied(world, adding(2))
    expect(world.log).toHaveLength(3)
    expect(summary.problems).toMatchObject([
      {
        kind: 'step-failed',
        host: 'e1',
        step: 'add',
        at: { line: 9 },
        message: 'tried 3 times, and `output.n >= 2` does not hold',
        detail: 'last output: {n: a number, secret: text}',
      },
    ])
    expect(record.changes).toMatchObject([{ state: 'failed' }])
  })

  test('that finds nothing to do is content', async () => {
    const world = await makeWorld(['e1'], { n: '7' })
    const { summary } = await applied(world, adding(2, '7'))
    expect(summary.outcome).toBe('nothing-to-do')
  })
})

describe('a look with until', () => {
  const waiting = (times: number): Runbook =>
    runbook(
      [
        stage('one', [
          step('wait', look, { key: 'tick' }, { ...retry(times), as: 'tick' }),
          step('write', setKey, { key: 'seen', to: '$tick' }),
        ]),
      ],
      { onFailure: 'stop' },
    )

  test('is not waited for in the plan, and what rests on it is decided when reached', async () => {
    const world = await makeWorld(['e1'], { tick: 't0', seen: '' })
    const plan = await makePlan(world.input(waiting(5)))
    expect(plan.stages[0]?.steps.map(({ decision }) => decision)).toEqual([
      { kind: 'deferred', after: 'wait', reason: 'waits until output.n >= 2' },
      { kind: 'deferred', after: 'wait', reason: 'its arguments rest on the output of wait' },
    ])
  })

  test('is repeated when running, and later steps get the output that satisfied it', async () => {
    const world = await makeWorld(['e1'], { tick: 't0', seen: '' })
    const { summary } = await applied(world, waiting(5))
    expect(summary).toMatchObject({ outcome: 'applied', problems: [] })
    expect(world.log).toEqual(['e1 set seen t2'])
  })

  test('that holds already is as any other look', async () => {
    const world = await makeWorld(['e1'], { tick: 't4', seen: 't4' })
    const { summary } = await applied(world, waiting(5))
    expect(summary.outcome).toBe('nothing-to-do')
  })

  const appliedLater = async (planned: string, now: string) => {
    const world = await makeWorld(['e1'], { tick: planned, seen: '' })
    const plan = await makePlan(world.input(waiting(5)))
    world.hosts.get('e1')?.set('tick', now)
    const book = waiting(5)
    return { world, running: applyPlan({ ...world.runInput(book, { clock: ticking(world) }), plan }) }
  }

  test('that comes to hold after the plan is no other state than planned, nor is what rests on it', async () => {
    const { world, running } = await appliedLater('t0', 't4')
    expect(await running).toMatchObject({ outcome: 'applied', problems: [] })
    expect(world.log).toEqual(['e1 set seen t4'])
  })

  test('that held in the plan is waited for where it does no more; what is done then is still what was planned', async () => {
    const { world, running } = await appliedLater('t2', 't0')
    expect(await running).toMatchObject({ outcome: 'applied', problems: [] })
    expect(world.log).toEqual(['e1 set seen t2'])
  })

  test('gives what was not planned: the step that rests on it is refused when reached', async () => {
    const { world, running } = await appliedLater('t4', 't0')
    expect(await running).toMatchObject({ problems: [{ kind: 'plan-drifted', step: 'write' }] })
    expect(world.log).toEqual([])
  })

  test('stops the run where it never holds', async () => {
    const world = await makeWorld(['e1'], { tick: 't0', seen: '' })
    const { summary } = await applied(world, waiting(1))
    expect(summary.problems).toMatchObject([
      {
        kind: 'step-failed',
        message: 'tried 2 times, and `output.n >= 2` does not hold',
        detail: 'last output: text',
      },
    ])
    expect(world.log).toEqual([])
  })

  test('is tried again while it is blocked', async () => {
    const world = await makeWorld(['e1'], { tick: 't0', seen: '' })
    const book = runbook([
      stage('one', [
        step('set', setKey, { key: 'seen', to: 'x' }),
        step('wait', look, { key: 'tick', is: 't3' }, { retry: { times: 4, everyMs: 1000 } }),
      ]),
    ])
    const { summary } = await applied(world, book)
    expect(summary).toMatchObject({ outcome: 'applied', problems: [] })
  })
})
