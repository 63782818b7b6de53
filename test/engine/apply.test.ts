import { expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { rollBack } from '../../src/engine/rollback.ts'
import type { Event } from '../../src/model/event.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import { bindable, look, makeWorld, restart, runbook, setKey, stage, step, type World } from './world.ts'

const tune = (more: Partial<Runbook> = {}): Runbook =>
  runbook(
    [
      stage(
        'pass 1',
        [
          step('election', setKey, { key: 'etcd', to: 'el' }),
          step('restart-1', restart, { unit: 'etcd' }, { whenChanged: ['election'] }),
        ],
        { gate: [step('gate', look, { key: 'health', is: 'ok' })] },
      ),
      stage('pass 2', [
        step('heartbeat', setKey, { key: 'etcd2', to: 'hb' }),
        step('restart-2', restart, { unit: 'etcd2' }, { whenChanged: ['heartbeat'] }),
      ]),
    ],
    more,
  )

const three = () =>
  makeWorld(['e1', 'e2', 'e3'], {
    etcd: 'old',
    etcd2: 'old2',
    health: 'ok',
    'running-etcd': 'old',
    'running-etcd2': 'old2',
  })

async function applied(world: World, book: Runbook) {
  const plan = await makePlan(world.input(book))
  const input = { ...world.runInput(book), plan }
  return { summary: await applyPlan(input), input }
}

const snapshot = (world: World) => JSON.stringify([...world.hosts].map(([name, values]) => [name, [...values].sort()]))

test('apply does each stage host by host and what the plan said, and a second apply does nothing', async () => {
  const world = await three()
  const { summary } = await applied(world, tune())
  expect(summary).toMatchObject({ outcome: 'applied', problems: [] })
  expect(world.log.slice(0, 4)).toEqual([
    'e1 set etcd el',
    'e1 set running-etcd el',
    'e2 set etcd el',
    'e2 set running-etcd el',
  ])
  expect(world.log).toHaveLength(12)
  expect((await applied(world, tune())).summary.outcome).toBe('nothing-to-do')
  expect(world.log).toHaveLength(12)
})

test('rollback brings everything back, newest stage first, restarting after the file is restored', async () => {
  const world = await three()
  const before = snapshot(world)
  const { input } = await applied(world, tune())
  world.log.length = 0
  const record = await input.journals.fold(input.run)
  const rolled = await rollBack({ ...world.runInput(tune()), record })
  expect(rolled).toMatchObject({ outcome: 'rolled-back', problems: [] })
  expect(world.log.slice(0, 2)).toEqual(['e1 set etcd2 old2', 'e1 set running-etcd2 old2'])
  expect(world.log.at(-1)).toBe('e3 set running-etcd old')
  expect(snapshot(world)).toBe(before)
  const again = await input.journals.fold(input.run)
  expect(again.changes.every((change) => change.state === 'undone')).toBe(true)
  expect((await rollBack({ ...world.runInput(tune()), record: again })).outcome).toBe('nothing-to-do')
})

test('what is to be run again before undoing is not, where the run skipped it', async () => {
  const world = await three()
  const guarded = (isMeant: boolean): Runbook =>
    runbook([
      stage('one', [
        // closed by the change itself
        step('spare', look, { key: 'etcd', is: 'old' }, { beforeUndo: true, when: bindable([], () => isMeant) }),
        step('set', setKey, { key: 'etcd', to: 'new' }),
      ]),
    ])
  const rolled = async (isMeant: boolean) => {
    const { input } = await applied(world, guarded(isMeant))
    const record = await input.journals.fold(input.run)
    return (await rollBack({ ...world.runInput(guarded(isMeant)), record })).outcome
  }
  expect(await rolled(false)).toBe('rolled-back')
  expect(await rolled(true)).toBe('rollback-failed')
})

test('a failing step stops the roll and everything of the run is undone', async () => {
  const world = await three()
  const before = snapshot(world)
  world.failing.set('e3 etcd2', 1)
  const { summary, input } = await applied(world, tune())
  expect(summary.outcome).toBe('failed-rolled-back')
  expect(summary.problems[0]).toMatchObject({
    kind: 'step-failed',
    host: 'e3',
    step: 'heartbeat',
    detail: 'no space left',
  })
  expect(world.log).not.toContain('e3 set etcd2 hb')
  const { changes } = await input.journals.fold(input.run)
  expect(changes.every((change) => change.state === 'undone')).toBe(true)
  expect(snapshot(world)).toBe(before)
})

test('a failing undo is told, the others go on, and a later rollback finishes it', async () => {
  const world = await three()
  const before = snapshot(world)
  world.failing.set('e3 running-etcd2', 1)
  const plan = await makePlan(world.input(tune()))
  const emit = ({ type }: Event): void => {
    if (type === 'rolling-back') world.failing.set('e3 etcd2', 1)
  }
  const input = { ...world.runInput(tune()), plan, emit }
  expect((await applyPlan(input)).outcome).toBe('rollback-failed')
  const record = await input.journals.fold(input.run)
  const left = record.changes.filter((change) => change.state !== 'undone')
  expect(left.map((change) => `${change.host} ${change.step} ${change.state}`)).toEqual(['e3 heartbeat undo-failed'])
  expect((await rollBack({ ...world.runInput(tune()), record })).outcome).toBe('rolled-back')
  expect(snapshot(world)).toBe(before)
})

test('a restart is not undone while the file before it is not: it would make the wrong one effective', async () => {
  const world = await three()
  const before = snapshot(world)
  const { input } = await applied(world, tune())
  world.failing.set('e3 etcd2', 1)
  const first = await rollBack({ ...world.runInput(tune()), record: await input.journals.fold(input.run) })
  expect(first.outcome).toBe('rollback-failed')
  const record = await input.journals.fold(input.run)
  const left = record.changes.filter((change) => change.state !== 'undone' && change.host === 'e3')
  expect(left.map(({ step, state }) => `${step} ${state}`)).toEqual(['heartbeat undo-failed', 'restart-2 changed'])
  expect((await rollBack({ ...world.runInput(tune()), record })).outcome).toBe('rolled-back')
  expect(snapshot(world)).toBe(before)
})

test('on_failure: stop leaves what was done, and says so', async () => {
  const world = await three()
  world.failing.set('e2 etcd', 1)
  const { summary } = await applied(world, tune({ onFailure: 'stop' }))
  expect(summary.outcome).toBe('failed-not-rolled-back')
  expect(world.hosts.get('e1')?.get('etcd')).toBe('el')
  expect(world.hosts.get('e3')?.get('etcd')).toBe('old')
})

test('on_failure: rollback_host undoes the failed host only', async () => {
  const world = await three()
  world.failing.set('e2 running-etcd', 1)
  const { summary } = await applied(world, tune({ onFailure: 'rollback_host' }))
  expect(summary.problems[0]).toMatchObject({ host: 'e2' })
  expect(world.hosts.get('e1')?.get('etcd')).toBe('el')
  expect(world.hosts.get('e2')?.get('etcd')).toBe('old')
})

test('a closed gate stops before the first write of its stage', async () => {
  const world = await three()
  for (const values of world.hosts.values()) values.set('health', 'bad')
  const { summary } = await applied(world, tune())
  expect(summary.problems[0]).toMatchObject({ kind: 'gate', message: 'the gate stays closed: health is bad, not ok' })
  expect(world.log).toEqual([])
})

test('a plan that is no longer true stops before any write, naming host and resource', async () => {
  const world = await three()
  const plan = await makePlan(world.input(tune()))
  world.hosts.get('e2')?.set('etcd', 'edited')
  await expect(applyPlan({ ...world.runInput(tune()), plan })).rejects.toMatchObject({
    problems: [{ kind: 'plan-drifted', host: 'e2', step: 'election', message: 'file:etcd is not as the plan says' }],
  })
  expect(world.log).toEqual([])
})

test('a blocked guard stops apply before any write', async () => {
  const world = await three()
  const book = tune({ guards: [step('guard', look, { key: 'health', is: 'never' })] })
  await expect(applied(world, book)).rejects.toMatchObject({
    problems: [{ kind: 'blocked' }, { kind: 'blocked' }, { kind: 'blocked' }],
  })
  expect(world.log).toEqual([])
})

test('an irreversible change is refused unless allowed', async () => {
  const world = await makeWorld(['e1'], { a: '1' })
  const forever = {
    ...setKey,
    plan: (args: never, state: never) => {
      const decision = setKey.plan(args, state)
      return decision.kind === 'change'
        ? { kind: 'change' as const, change: { ...decision.change, reversible: false } }
        : decision
    },
  }
  const book = runbook([stage('one', [step('set', forever, { key: 'a', to: '2' })])])
  expect((await applied(world, book)).summary.problems[0]).toMatchObject({ kind: 'irreversible' })
  expect(world.log).toEqual([])
})

test('what a stage without any change reads is there for the stages after it', async () => {
  const world = await makeWorld(['e1'], { wanted: 'new', etcd: 'old' })
  const book = runbook([
    stage('look', [step('see', look, { key: 'wanted' }, { as: 'wanted' })]),
    stage('set', [step('set', setKey, { key: 'etcd', to: '$wanted' })]),
  ])
  expect((await applied(world, book)).summary).toMatchObject({ outcome: 'applied', problems: [] })
  expect(world.log).toEqual(['e1 set etcd new'])
})

test('a stop asked for ends the run between two steps, without undoing', async () => {
  const world = await three()
  const plan = await makePlan(world.input(tune()))
  const input = { ...world.runInput(tune()), plan, stopRequested: () => world.log.length >= 3 }
  expect((await applyPlan(input)).outcome).toBe('interrupted')
  expect(world.log).toHaveLength(3)
  const record = await input.journals.fold(input.run)
  expect(record.owed).toEqual([{ host: 'e2', stage: 0, step: 'restart-1', because: 'election' }])
})

test('hosts that fail within the budget are left out of later stages and told', async () => {
  const world = await three()
  world.failing.set('e1 etcd', 1)
  const [one, two] = tune().stages
  if (!one || !two) throw new Error('two stages')
  const book = { ...tune(), stages: [{ ...one, rolling: { ...one.rolling, maxFailed: 1 } }, two] }
  const { summary } = await applied(world, book)
  expect(summary).toMatchObject({ outcome: 'failed-not-rolled-back', problems: [{ host: 'e1' }] })
  expect(world.log.filter((line) => line.startsWith('e1'))).toEqual([])
  expect(world.hosts.get('e3')?.get('etcd2')).toBe('hb')
})

test('every change is in the journal before it happens', async () => {
  const world = await three()
  await applied(world, tune())
  const started = world.events.filter((event) => event.type === 'step-started').length
  expect(started).toBe(world.log.length)
  const first = world.events.findIndex((event) => event.type === 'step-started')
  expect(world.events.findIndex((event) => event.type === 'step-finished')).toBeGreaterThan(first)
})

test('a point of no return is undone by its own undo, and what was before it not besides', async () => {
  const world = await makeWorld(['e1'], { data: 'old', started: 'no' })
  const undo = { module: setKey, args: step('u', setKey, { key: 'data', to: 'copied back' }).args }
  const book = runbook([
    stage('move', [
      step('move', setKey, { key: 'data', to: 'new' }),
      step('start', setKey, { key: 'started', to: 'yes' }, { commit: true, undo }),
    ]),
  ])
  const { input } = await applied(world, book)
  const rolled = await rollBack({ ...world.runInput(book), record: await input.journals.fold(input.run) })
  expect(rolled.outcome).toBe('rolled-back')
  expect(Object.fromEntries(world.hosts.get('e1') ?? [])).toEqual({ data: 'copied back', started: 'yes' })
  const { changes } = await input.journals.fold(input.run)
  expect(changes.map((change) => change.state)).toEqual(['undone', 'undone'])
})
