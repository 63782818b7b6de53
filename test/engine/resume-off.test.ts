import { describe, expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import type { ApplyInput, PlanInput } from '../../src/engine/input.ts'
import { makePlan } from '../../src/engine/plan.ts'
import type { RecordedEvent } from '../../src/model/event.ts'
import type { JournalStore } from '../../src/model/journal.ts'
import { ProblemError } from '../../src/model/problem.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import { onHv, powered } from './powered.ts'
import { bindable, look, makeWorld, measure, runbook, setKey, stage, step, type World } from './world.ts'

// A run that switches its host off and on from another one, killed while it is off, and gone on with.

const START = { own: 'old', disk: 'old', power: 'on', later: 'unset' }

const wanted = { when: bindable(['seen'], ({ seen }) => seen === 'old') }

/** What e1 shows decides what is done on hv; it is looked at when it is on again, and changed then. */
const book = (more: Partial<Runbook> = {}): Runbook =>
  runbook(
    [
      stage(
        'disk',
        [
          step('spare', look, { key: 'own', is: 'old' }),
          step('off', setKey, { key: 'power', to: 'off' }, { ...onHv, ...wanted }),
          step('disk', setKey, { key: 'disk', to: '$doubled' }, { ...onHv, ...wanted }),
          step('on', setKey, { key: 'power', to: 'on' }, onHv),
          step('up', look, { key: 'own' }, { as: 'after' }),
          step('later', setKey, { key: 'later', to: '$after' }),
        ],
        { gate: [step('well', look, { key: 'own', is: 'old' })] },
      ),
      stage('last', [step('own', setKey, { key: 'own', to: 'new' })]),
    ],
    {
      facts: [step('seen', look, { key: 'own' }, { as: 'seen' })],
      vars: [{ name: 'doubled', value: bindable(['seen'], ({ seen }) => `${seen}${seen}`) }],
      guards: [step('guard', look, { key: 'own', is: 'old' })],
      measures: [measure('speed', step('speed', look, { key: 'own' }))],
      ...more,
    },
  )

/** Dies as it has written the first record that `isLast` is true of. */
const dying = (journals: JournalStore, isLast: (event: RecordedEvent) => boolean): JournalStore => ({
  ...journals,
  create: async (run) => {
    const journal = await journals.create(run)
    let dead = false
    const append: typeof journal.append = async (event) => {
      if (!dead) await journal.append(event)
      dead ||= isLast(event)
      if (dead) throw new ProblemError({ kind: 'io', message: 'killed' })
    }
    return { ...journal, append }
  },
})

const holder = { lock: 'aa11', owner: 'bert@ops' }

/** A run that was killed when this step was done; `resume` goes on with it, e1 answering only while it is on. */
async function killedAfter(last: string, given: Runbook = book()) {
  const world = await makeWorld(['e1'], START, ['hv'])
  const reached: Partial<PlanInput> = { transport: powered(world, world.input(given).transport) }
  const input: ApplyInput = {
    ...world.runInput(given, reached),
    holder,
    plan: await makePlan(world.input(given, reached)),
  }
  const isLast = (event: RecordedEvent) => event.type === 'step-finished' && event.step === last
  await expect(applyPlan({ ...input, journals: dying(input.journals, isLast) })).rejects.toThrow(/killed/)
  world.log.length = 0
  world.events.length = 0
  const resume = async (dead: readonly string[] = []) => {
    const past = await input.journals.fold(input.run)
    const transport = powered(world, world.input(given).transport, dead)
    const again = { ...world.input(given, { past, owed: past.owed }), transport }
    const plan = await makePlan(again)
    return { plan, summary: await applyPlan({ ...input, ...again, plan }) }
  }
  return { world, input, resume }
}

const values = (world: World, host: string) => Object.fromEntries(world.hosts.get(host) ?? [])

describe('a run killed while its host is off', () => {
  test.each(['off', 'disk'])(
    'after %s, is resumed: on from the other host, then locked before anything else',
    async (last) => {
      const { world, input, resume } = await killedAfter(last)
      expect(values(world, 'hv').power).toBe('off')
      const { plan, summary } = await resume()
      expect(summary).toMatchObject({ outcome: 'applied', problems: [] })
      expect(values(world, 'hv')).toMatchObject({ power: 'on', disk: 'oldold' })
      expect(values(world, 'e1')).toMatchObject({ own: 'new', later: 'old' })
      const done = [...(last === 'off' ? ['hv set disk oldold'] : []), 'hv set power on', 'e1 lock']
      expect(world.log.filter((line) => line !== 'hv lock').slice(0, done.length)).toEqual(done)
      expect(world.events).toContainEqual({ type: 'away', host: 'e1' })
      expect(plan.hosts).toEqual([{ host: 'e1', machineId: '', bootId: '' }])
      expect(plan.guards).toMatchObject([{ decision: { kind: 'skipped', reason: 'it held when the run began' } }])
      expect(plan.stages[0]?.steps.filter(({ step: id }) => id === 'up' || id === 'later')).toMatchObject([
        { decision: { kind: 'deferred', after: 'on' } },
        { decision: { kind: 'deferred' } },
      ])
      const record = await input.journals.fold(input.run)
      expect(record.readings.map(({ phase, value }) => [phase, value])).toEqual([
        ['before', null],
        ['after', null],
      ])
    },
  )

  test('does not go on where the host that switches it on is down too: nothing is touched', async () => {
    const { world, resume } = await killedAfter('disk')
    await expect(resume(['hv'])).rejects.toMatchObject({ problems: [{ kind: 'unreachable' }] })
    expect(world.log).toEqual([])
  })
})

test('a host that was just switched on is waited for before anything is planned', async () => {
  const { world, resume } = await killedAfter('on')
  await expect(resume(['e1'])).rejects.toMatchObject({ problems: [{ kind: 'unreachable', host: 'e1' }] })
  expect(world.events.filter(({ type }) => type === 'reconnecting').length).toBeGreaterThan(5)
  expect(world.log).toEqual([])
  expect((await resume()).summary.outcome).toBe('applied')
})

test('a host that is down and was not switched off by the run is needed at once', async () => {
  const { world, resume } = await killedAfter('later')
  await expect(resume(['e1'])).rejects.toMatchObject({ problems: [{ kind: 'unreachable', host: 'e1' }] })
  expect(world.events.filter(({ type }) => type === 'reconnecting')).toEqual([])
})
