import { expect, test } from 'vitest'
import { makePlan } from '../../src/engine/plan.ts'
import { renderCommand } from '../../src/model/command.ts'
import { countPlan, type Plan, plannedSteps } from '../../src/model/plan.ts'
import { ProblemError } from '../../src/model/problem.ts'
import type { Runner, Transport } from '../../src/model/transport.ts'
import { bindable, look, makeWorld, measure, restart, runbook, setKey, stage, step } from './world.ts'

const said = (plan: Plan) =>
  plannedSteps(plan).map(
    ({ host, step: id, decision }) =>
      `${host} ${id}: ${decision.kind === 'change' ? decision.change.summary : decision.kind}`,
  )

test('a plan writes nothing and tells each change on each host', async () => {
  const world = await makeWorld(['e1', 'e2'], { a: '1' })
  const plan = await makePlan(world.input(runbook([stage('one', [step('set', setKey, { key: 'a', to: '2' })])])))
  expect(said(plan)).toEqual(['e1 set: set a to 2', 'e2 set: set a to 2'])
  expect(world.log).toEqual([])
  expect(plan.stages[0]?.batches).toEqual([['e1'], ['e2']])
})

test('a later step is planned against what an earlier one will leave', async () => {
  const world = await makeWorld(['e1'], { a: '1' })
  const plan = await makePlan(
    world.input(
      runbook([
        stage('one', [
          step('first', setKey, { key: 'a', to: '2' }),
          step('same', setKey, { key: 'a', to: '2' }),
          step('third', setKey, { key: 'a', to: '3' }),
        ]),
      ]),
    ),
  )
  expect(said(plan)).toEqual(['e1 first: set a to 2', 'e1 same: noop', 'e1 third: set a to 3'])
  expect(plannedSteps(plan)[2]?.decision).toMatchObject({ change: { before: { value: '2' } } })
})

test('a restart happens only when a step it follows changes', async () => {
  const steps = [
    step('set', setKey, { key: 'a', to: '1' }),
    step('go', restart, { unit: 'a' }, { whenChanged: ['set'] }),
  ]
  const same = await makeWorld(['e1'], { a: '1' })
  expect(said(await makePlan(same.input(runbook([stage('one', steps)]))))).toEqual(['e1 set: noop', 'e1 go: skipped'])
  const other = await makeWorld(['e1'], { a: '0' })
  expect(said(await makePlan(other.input(runbook([stage('one', steps)]))))).toEqual([
    'e1 set: set a to 1',
    'e1 go: restart a',
  ])
})

test('a restart owed by an earlier run is planned although nothing changes now', async () => {
  const world = await makeWorld(['e1'], { a: '1' })
  const steps = [
    step('set', setKey, { key: 'a', to: '1' }),
    step('go', restart, { unit: 'a' }, { whenChanged: ['set'] }),
  ]
  const owed = [{ host: 'e1', stage: 0, step: 'go', because: 'set' }] as never
  expect(said(await makePlan(world.input(runbook([stage('one', steps)]), { owed })))).toEqual([
    'e1 set: noop',
    'e1 go: restart a',
  ])
})

test('what rests on a restart is deferred, and so is what rests on its output', async () => {
  const world = await makeWorld(['e1'], { a: '0', health: 'ok' })
  const steps = [
    step('set', setKey, { key: 'a', to: '1' }),
    step('go', restart, { unit: 'a' }, { whenChanged: ['set'] }),
    step('see', look, { key: 'health' }, { as: 'seen' }),
    step('use', setKey, { key: 'b', to: '$seen' }),
  ]
  const plan = await makePlan(world.input(runbook([stage('one', steps)])))
  expect(said(plan)).toEqual(['e1 set: set a to 1', 'e1 go: restart a', 'e1 see: deferred', 'e1 use: deferred'])
  expect(plannedSteps(plan)[2]?.decision).toMatchObject({ after: 'go' })
  expect(countPlan(plan)).toEqual({ change: 2, noop: 0, deferred: 2, skipped: 0, blocked: 0 })
})

test('facts, vars over all hosts, conditions and the order of hosts come from what is seen', async () => {
  const world = await makeWorld(['e1', 'e2', 'e3'], { a: '0', leader: '0' })
  world.hosts.get('e1')?.set('leader', '1')
  const book = runbook(
    [
      stage(
        'one',
        [step('set', setKey, { key: 'a', to: '1' }, { when: bindable(['leaders'], (scope) => scope.leaders === 1) })],
        {
          orderBy: bindable(['leader'], (scope) => scope.leader ?? null),
          batch: [1, '50%'],
        },
      ),
    ],
    {
      facts: [step('fact', look, { key: 'leader' }, { as: 'leader' })],
      vars: [
        {
          name: 'leaders',
          value: bindable(['hosts'], ({ hosts }) =>
            Object.values(hosts as Record<string, { leader: number }>).reduce((sum, host) => sum + host.leader, 0),
          ),
        },
      ],
    },
  )
  const plan = await makePlan(world.input(book))
  expect(plan.stages[0]?.batches).toEqual([['e2'], ['e3'], ['e1']])
  expect(countPlan(plan).change).toBe(3)
  expect(plan.facts).toMatchObject({ e1: { leader: 1 }, e2: { leader: 0 } })
})

test('a blocked guard is told for each host, and measures are taken with their verdict', async () => {
  const world = await makeWorld(['e1'], { a: '0', p99: '12' })
  const book = runbook([stage('one', [step('set', setKey, { key: 'a', to: '1' })])], {
    guards: [step('guard', look, { key: 'a', is: '7' })],
    measures: [
      measure(
        'p99',
        step('m', look, { key: 'p99' }),
        bindable(['value'], ({ value }) => Number(value) < 10),
      ),
    ],
  })
  const plan = await makePlan(world.input(book))
  expect(plan.guards[0]?.decision).toMatchObject({ kind: 'blocked', message: 'a is 0, not 7' })
  expect(plan.measures).toMatchObject([{ measure: 'p99', host: 'e1', value: 12, verdict: 'fail', phase: 'before' }])
  expect(countPlan(plan).blocked).toBe(1)
})

test('what asks for the output of a blocked step is planned all the same', async () => {
  const world = await makeWorld(['e1'], { a: '0' })
  const book = runbook([
    stage('one', [
      step('blocked', look, { key: 'a', is: '7' }, { as: 'seen' }),
      step('set', setKey, { key: 'a', to: '1' }, { when: bindable(['seen'], ({ seen }) => seen === 7) }),
    ]),
  ])
  expect(said(await makePlan(world.input(book)))).toEqual(['e1 blocked: blocked', 'e1 set: deferred'])
})

test('a measure whose module finds nothing to look at has no value, and says why', async () => {
  const world = await makeWorld(['e1'], { a: '0' })
  const gone = {
    ...look,
    read: () => Promise.reject(new ProblemError({ kind: 'blocked', message: 'it does not run' })),
  }
  const book = runbook([], { measures: [measure('p99', step('m', gone, { key: 'a' }))] })
  const plan = await makePlan(world.input(book))
  expect(plan.measures).toMatchObject([{ measure: 'p99', value: null, note: 'not measured: it does not run' }])
})

test('a host that cannot be reached is told by name, and no plan is made', async () => {
  const world = await makeWorld(['e1'], {})
  const transport = { open: () => Promise.reject(new Error('refused')) }
  await expect(makePlan(world.input(runbook([]), { transport }))).rejects.toMatchObject({
    problems: [{ host: 'e1', message: 'refused' }],
  })
})

test('reads that need no fact leave together with the facts; those that do, in the next round trip', async () => {
  const world = await makeWorld(['e1'], { a: '1', b: '1', leader: 'b' })
  const input = world.input(
    runbook(
      [stage('one', [step('free', setKey, { key: 'a', to: '2' }), step('rests', setKey, { key: '$leader', to: '2' })])],
      { facts: [step('fact', look, { key: 'leader' }, { as: 'leader' })] },
    ),
  )
  const [trips, transport] = roundTrips(input.transport)
  expect(said(await makePlan({ ...input, transport }))).toEqual(['e1 free: set a to 2', 'e1 rests: set b to 2'])
  expect(trips.map((asked) => asked.filter((text) => text.startsWith('get')).toSorted())).toEqual([
    ['get a', 'get leader'],
    ['get b'],
  ])
})

/** What was asked of all hosts between one wave of replies and the next; a reply takes a turn of the event loop. */
function roundTrips(transport: Transport): [readonly string[][], Transport] {
  const trips: string[][] = []
  let asking: string[] | undefined
  const counted = (runner: Runner): Runner => ({
    run: async (command, options) => {
      if (!asking) {
        asking = []
        trips.push(asking)
        setImmediate(() => {
          asking = undefined
        })
      }
      asking.push(renderCommand(command))
      await new Promise((resolve) => setImmediate(resolve))
      return runner.run(command, options)
    },
  })
  const open: Transport['open'] = async (endpoint) => {
    const connection = await transport.open(endpoint)
    return { ...connection, probe: (privilege) => counted(connection.probe(privilege)) }
  }
  return [trips, { open }]
}
