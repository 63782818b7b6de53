import { describe, expect, test } from 'vitest'
import { sayingWhoChangedIt } from '../../src/cli/resume-away.ts'
import { applyPlan } from '../../src/engine/apply.ts'
import type { PlanInput, RunInput } from '../../src/engine/input.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { rollBack } from '../../src/engine/rollback.ts'
import { settleByReceipts } from '../../src/engine/settle-receipts.ts'
import { hostName } from '../../src/model/id.ts'
import { ProblemError } from '../../src/model/problem.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import { onHv, powerCycled, powered } from './powered.ts'
import { look, makeWorld, measure, runbook, setKey, stage, step, type World } from './world.ts'

// Hosts that are down when a run is undone: e1 is a guest of hv, which switched it off.

const START = { own: 'old', disk: 'old', power: 'on', other: 'old', boot: '1' }

const guest = (more: Partial<Runbook> = {}): Runbook =>
  runbook(
    [
      stage('own', [step('own', setKey, { key: 'own', to: 'new' })]),
      stage('disk', [
        step('off', setKey, { key: 'power', to: 'off' }, onHv),
        step('disk', setKey, { key: 'disk', to: 'new' }, onHv),
      ]),
    ],
    { measures: [measure('speed', step('speed', look, { key: 'own' }))], ...more },
  )

/** A run that ended after `hv` had switched e1 off; then `dead` hosts are down as well. */
async function offWorld(book: Runbook, hosts: readonly string[] = ['e1']) {
  const world = await makeWorld(hosts, START, ['hv'])
  const more: Partial<PlanInput> = {}
  const input = { ...world.runInput(book, more), plan: await makePlan(world.input(book, more)) }
  expect(await applyPlan(input)).toMatchObject({ outcome: 'applied' })
  world.log.length = 0
  world.events.length = 0
  const record = await input.journals.fold(input.run)
  const again = (dead: readonly string[] = []): RunInput => {
    const next = world.runInput(book)
    const holder = { lock: 'aa11', owner: 'bert@ops' }
    return { ...next, holder, transport: powered(world, next.transport, dead) }
  }
  return { world, record, again }
}

const values = (world: World, host: string) => Object.fromEntries(world.hosts.get(host) ?? [])

describe('a host that is down when its run is undone', () => {
  test('is waited for by what lies on the host that switched it off, then locked before anything else, and undone too', async () => {
    const { world, record, again } = await offWorld(guest())
    expect(await rollBack({ ...again(), record })).toMatchObject({ outcome: 'rolled-back', problems: [] })
    expect(values(world, 'e1')).toMatchObject({ own: 'old' })
    expect(values(world, 'hv')).toMatchObject({ power: 'on', disk: 'old' })
    expect(world.log.filter((line) => !line.startsWith('hv lock'))).toEqual([
      'hv set disk old',
      'hv set power on',
      'e1 lock',
      'e1 set own old',
      'e1 lock', // given back
    ])
    expect(world.events).toContainEqual({ type: 'away', host: 'e1' })
  })

  test('for a moment, by what this very rollback undoes elsewhere, is connected to anew before its own changes are undone', async () => {
    const book = runbook([
      stage('own', [step('own', setKey, { key: 'own', to: 'new' })]),
      stage('boot', [step('boot', setKey, { key: 'boot', to: '2' }, onHv)]),
    ])
    const { world, record } = await offWorld(book)
    const next = world.runInput(book)
    const undone = await rollBack({ ...next, transport: powerCycled(world, next.transport), record })
    expect(undone).toMatchObject({ outcome: 'rolled-back', problems: [] })
    expect(world.log).toEqual(['hv set boot 1', 'e1 set own old'])
  })

  test('and stays down: what lies elsewhere is undone, the rest is told and undone later', async () => {
    const { world, record, again } = await offWorld(guest())
    const left = await rollBack({ ...again(['e1']), record })
    expect(left).toMatchObject({ outcome: 'rollback-failed', problems: [{ kind: 'unreachable', host: 'e1' }] })
    expect(values(world, 'hv')).toMatchObject({ power: 'on', disk: 'old' })
    const input = again()
    const rest = await input.journals.fold(record.run)
    expect(await rollBack({ ...input, record: rest })).toMatchObject({ outcome: 'rolled-back' })
    expect(values(world, 'e1')).toMatchObject({ own: 'old' })
  })

  test('holds nothing up where nothing is left to undo there; what cannot be measured is told', async () => {
    const one = guest({ stages: [stage('disk', [step('disk', setKey, { key: 'disk', to: 'new' }, onHv)])] })
    const { world, record, again } = await offWorld(one)
    expect(await rollBack({ ...again(['e1']), record })).toMatchObject({ outcome: 'rolled-back', problems: [] })
    expect(values(world, 'hv')).toMatchObject({ disk: 'old' })
    expect(world.events.flatMap((one) => (one.type === 'measured' ? [one.reading] : []))).toMatchObject([
      { host: 'e1', value: null, note: 'not measured: the host does not answer' },
    ])
  })

  test('is refused where it is what has to be undone first: nothing is touched', async () => {
    const two = runbook([stage('own', [step('own', setKey, { key: 'own', to: 'new' })])])
    const { world, record, again } = await offWorld(two, ['e1', 'e2'])
    await expect(rollBack({ ...again(['e1']), record })).rejects.toMatchObject({
      problems: [{ kind: 'unreachable', host: 'e1' }],
    })
    expect(world.log).toEqual([])
  })

  test('is undone without its gate, which it may be what keeps closed', async () => {
    const gated = [
      stage('disk', [step('off', setKey, { key: 'power', to: 'off' }, onHv)], {
        gate: [step('well', look, { key: 'own' })],
      }),
    ]
    const { world, record, again } = await offWorld(guest({ stages: gated }))
    expect(await rollBack({ ...again(), record })).toMatchObject({ outcome: 'rolled-back', problems: [] })
    expect(values(world, 'hv')).toMatchObject({ power: 'on' })
    expect(world.events.at(-1)).not.toMatchObject({ type: 'undo-failed' })
  })

  test('on which nothing lies, named by `on` alone, need not answer either', async () => {
    const { world, record, again } = await offWorld(
      runbook([stage('own', [step('own', setKey, { key: 'own', to: 'new' })])]),
    )
    const started = { ...record.started, also: [hostName('hv')] }
    const undone = await rollBack({ ...again(['hv']), record: { ...record, started } })
    expect(undone).toMatchObject({ outcome: 'rolled-back', problems: [] })
    expect(values(world, 'e1')).toMatchObject({ own: 'old' })
  })
})

test('how a change on another host ended is looked at while its own host is down', async () => {
  const { world, record, again } = await offWorld(guest())
  const input = again()
  const open = record.changes.map((change) => (change.step === 'disk' ? { ...change, state: 'started' } : change))
  await settleByReceipts({ ...input, run: record.run }, open as typeof record.changes)
  expect(world.events).toContainEqual({ type: 'away', host: 'e1' })
})

test('resume says who changed a host that does not answer, and that the way back begins there', async () => {
  const { record } = await offWorld(guest())
  const saying = (host: string) =>
    sayingWhoChangedIt(
      new ProblemError({ kind: 'unreachable', message: 'connect EHOSTUNREACH', host: hostName(host) }),
      record,
    )
  expect(saying('e1')).toMatchObject({
    problems: [{ hint: expect.stringContaining(`made on hv (disk) and may have switched it off`) }],
  })
  expect(saying('hv')).toMatchObject({ problems: [{ message: 'connect EHOSTUNREACH' }] })
})
