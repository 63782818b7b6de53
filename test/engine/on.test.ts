import { describe, expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { rollBack } from '../../src/engine/rollback.ts'
import { succeed } from '../../src/model/problem.ts'
import type { Bindable, Runbook } from '../../src/model/runbook.ts'
import { survivesEveryKill } from './every-kill.ts'
import { look, makeWorld, restart, runbook, setKey, stage, step, type World } from './world.ts'

const START = { home: 'hv', disk: 'old', cpu: '1', 'running-cpu': '1', seen: '', own: 'old' }

/** The name under `home`, what the host says of where it lives. */
const home: Bindable<string> = {
  source: '{{ home }}',
  names: ['home'],
  at: { file: 'test.yaml', line: 7, column: 11, length: 10 },
  bind: ({ home: name }) => succeed(String(name)),
}

const grow = (more: Partial<Runbook> = {}): Runbook =>
  runbook(
    [
      stage('grow', [
        step('own', setKey, { key: 'own', to: 'new' }),
        step('disk', setKey, { key: 'disk', to: '$inventory_hostname' }, { on: home }),
        step('cpu', setKey, { key: 'cpu', to: '2' }, { on: home }),
        step('restart', restart, { unit: 'cpu' }, { on: home, whenChanged: ['cpu'] }),
        step('seen', setKey, { key: 'seen', to: 'yes' }, { on: home }),
      ]),
    ],
    { facts: [step('home', look, { key: 'home' }, { as: 'home' })], ...more },
  )

const snapshot = (world: World) => JSON.stringify([...world.hosts].map(([name, values]) => [name, [...values].sort()]))

async function applied(world: World, book: Runbook) {
  const plan = await makePlan(world.input(book))
  const input = { ...world.runInput(book), plan }
  return { plan, summary: await applyPlan(input), input }
}

describe('a step with on', () => {
  test('changes the host that it names, in the scope of its own, and is rolled back there', async () => {
    const world = await makeWorld(['e1'], START, ['hv'])
    const before = snapshot(world)
    const { plan, summary, input } = await applied(world, grow())
    expect(plan.stages[0]?.steps.map(({ host, on, step: id }) => [host, on, id])).toEqual([
      ['e1', undefined, 'own'],
      ['e1', 'hv', 'disk'],
      ['e1', 'hv', 'cpu'],
      ['e1', 'hv', 'restart'],
      ['e1', 'hv', 'seen'],
    ])
    expect(summary).toMatchObject({ outcome: 'applied', problems: [] })
    expect(world.log).toEqual([
      'e1 set own new',
      'hv set disk e1',
      'hv set cpu 2',
      'hv set running-cpu 2',
      'hv set seen yes',
    ])
    const record = await input.journals.fold(input.run)
    expect(record.changes.map(({ host, on, folder }) => [host, on, folder.split('/').at(-1)])).toEqual([
      ['e1', undefined, 'own'],
      ['e1', 'hv', 'disk@e1'],
      ['e1', 'hv', 'cpu@e1'],
      ['e1', 'hv', 'restart@e1'],
      ['e1', 'hv', 'seen@e1'],
    ])
    expect(await rollBack({ ...world.runInput(grow()), record })).toMatchObject({
      outcome: 'rolled-back',
      problems: [],
    })
    expect(snapshot(world)).toBe(before)
  })

  test('of the second host rests on what that of the first will leave there', async () => {
    const world = await makeWorld(['e1', 'e2'], START, ['hv'])
    const { plan } = await applied(world, grow())
    const cpu = plan.stages[0]?.steps.filter(({ step: id }) => id === 'cpu')
    expect(cpu?.map(({ host, decision }) => [host, decision.kind])).toEqual([
      ['e1', 'change'],
      ['e2', 'noop'],
    ])
  })

  test('does not run at once for two hosts of one batch', async () => {
    const world = await makeWorld(['e1', 'e2'], START, ['hv'])
    let running = 0
    const slow: typeof setKey = {
      ...setKey,
      read: async (args, probe) => setKey.read(args, probe),
      apply: async (args, change, session) => {
        running += 1
        expect(running).toBe(1)
        const output = await setKey.apply?.(args, change, session)
        running -= 1
        return output
      },
    }
    const book = runbook([
      stage(
        'one',
        [
          step(
            'disk',
            slow,
            { key: 'disk', to: '$inventory_hostname' },
            { on: { ...home, bind: () => succeed('hv'), names: [] } },
          ),
        ],
        {
          batch: [2],
        },
      ),
    ])
    const { summary } = await applied(world, book)
    expect(summary).toMatchObject({ outcome: 'applied', problems: [] })
    expect(world.log).toEqual(['hv set disk e1', 'hv set disk e2'])
  })

  test('names a host of the inventory, or is refused at its place before anything changes', async () => {
    const world = await makeWorld(['e1'], { ...START, home: 'nowhere' }, ['hv'])
    await expect(makePlan(world.input(grow()))).rejects.toMatchObject({
      problems: [
        { kind: 'reference', message: 'the inventory has no host nowhere', host: 'e1', step: 'disk', at: { line: 7 } },
      ],
    })
  })

  test('stops where the other host changed since the plan, or is another one', async () => {
    const world = await makeWorld(['e1'], START, ['hv', 'hv2'])
    const plan = await makePlan(world.input(grow()))
    world.hosts.get('hv')?.set('disk', 'edited')
    await expect(applyPlan({ ...world.runInput(grow()), plan })).rejects.toMatchObject({
      problems: [{ kind: 'plan-drifted', host: 'e1', step: 'disk' }],
    })
    world.hosts.get('hv')?.set('disk', 'old')
    world.hosts.get('e1')?.set('home', 'hv2')
    await expect(applyPlan({ ...world.runInput(grow()), plan })).rejects.toMatchObject({
      problems: Array.from({ length: 4 }, () => ({ kind: 'plan-drifted', host: 'e1' })),
    })
    expect(world.log).toEqual([])
  })

  test('may work on a host of the run itself', async () => {
    const world = await makeWorld(['e1', 'e2'], { ...START, home: 'e1' })
    const before = snapshot(world)
    const { summary, input } = await applied(world, grow())
    expect(summary).toMatchObject({ outcome: 'applied', problems: [] })
    expect(world.hosts.get('e1')?.get('disk')).toBe('e2')
    await rollBack({ ...world.runInput(grow()), record: await input.journals.fold(input.run) })
    expect(snapshot(world)).toBe(before)
  })

  test('that an earlier output names is decided when reached', async () => {
    const world = await makeWorld(['e1'], START, ['hv'])
    const book = runbook([
      stage('one', [
        step('own', setKey, { key: 'own', to: 'new' }),
        step('home', look, { key: 'home' }, { as: 'home' }),
        step('disk', setKey, { key: 'disk', to: 'new' }, { on: home }),
      ]),
    ])
    const { plan, summary } = await applied(world, book)
    expect(plan.stages[0]?.steps[2]?.decision).toMatchObject({ kind: 'deferred', after: 'home' })
    expect(summary.outcome).toBe('applied')
    expect(world.log).toEqual(['e1 set own new', 'hv set disk new'])
  })
})

describe('with a step on another host', () => survivesEveryKill(grow, START))
