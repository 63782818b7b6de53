import { describe, expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import type { ApplyInput } from '../../src/engine/input.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { rollBack } from '../../src/engine/rollback.ts'
import { unknownChanges } from '../../src/engine/settle.ts'
import type { Journal, JournalStore } from '../../src/model/journal.ts'
import { ProblemError } from '../../src/model/problem.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import { look, makeWorld, restart, runbook, setKey, stage, step, type World } from './world.ts'

// Killed is killed: nothing after a certain record is written, and nothing is done any more.

const start = {
  etcd: 'old',
  etcd2: 'old2',
  health: 'ok',
  'running-etcd': 'old',
  'running-etcd2': 'old2',
  seen: 'first',
}

const tune = (): Runbook =>
  runbook([
    stage('pass 1', [
      step('before', look, { key: 'seen' }, { as: 'seen' }),
      step('election', setKey, { key: 'etcd', to: 'el' }),
      step('restart-1', restart, { unit: 'etcd' }, { whenChanged: ['election'] }),
      step('mark', setKey, { key: 'seen', to: 'changed' }),
    ]),
    stage('pass 2', [
      step('mark-again', setKey, { key: 'seen', to: 'changed again' }), // what was done once must not be done again
      step('heartbeat', setKey, { key: 'etcd2', to: '$seen' }),
      step('restart-2', restart, { unit: 'etcd2' }, { whenChanged: ['heartbeat'] }),
    ]),
  ])

const snapshot = (world: World) => JSON.stringify([...world.hosts].map(([name, values]) => [name, [...values].sort()]))

/** A journal store that dies with its process: after `records` records, before or after the next one is written. */
function dying(journals: JournalStore, at: { readonly records: number; readonly when: 'before' | 'after' }) {
  let written = 0
  const mortal = (journal: Journal): Journal => ({
    ...journal,
    append: async (event) => {
      if (written >= at.records && at.when === 'before') throw killedNow()
      await journal.append(event)
      written += 1
      if (written > at.records) throw killedNow()
    },
  })
  return {
    ...journals,
    create: async (run) => mortal(await journals.create(run)),
    reopen: async (run) => mortal(await journals.reopen(run)),
  } satisfies JournalStore
}

const killedNow = () => new ProblemError({ kind: 'io', message: 'killed' })

async function applyUntil(world: World, records: number, when: 'before' | 'after'): Promise<ApplyInput> {
  const plan = await makePlan(world.input(tune()))
  const input = { ...world.runInput(tune()), plan }
  await applyPlan({ ...input, journals: dying(input.journals, { records, when }) }).catch((error: unknown) => {
    if (!(error instanceof ProblemError && error.message === 'killed')) throw error
  })
  return input
}

async function resume(world: World, killed: ApplyInput) {
  const past = await killed.journals.fold(killed.run)
  const planning = world.input(tune(), { past, owed: past.owed })
  const plan = await makePlan(planning)
  return applyPlan({ ...killed, ...planning, plan })
}

async function undisturbed() {
  const world = await makeWorld(['e1', 'e2'], start)
  const { journals, run } = await applyUntil(world, Number.POSITIVE_INFINITY, 'before')
  return { after: snapshot(world), log: world.log, records: (await journals.read(run)).length }
}

const atStart = JSON.stringify(['e1', 'e2'].map((name) => [name, Object.entries(start).sort()]))

/** A fresh world for every record of an undisturbed run, killed there. */
async function eachKill(
  when: 'before' | 'after',
  check: (world: World, killed: ApplyInput, clean: Awaited<ReturnType<typeof undisturbed>>) => Promise<void>,
): Promise<void> {
  const clean = await undisturbed()
  expect(clean.records).toBeGreaterThan(20)
  for (let records = 1; records < clean.records; records += 1) {
    const world = await makeWorld(['e1', 'e2'], start)
    await check(world, await applyUntil(world, records, when), clean)
  }
}

describe.each(['before', 'after'] as const)('killed %s any record', (when) => {
  test('resume ends as if nothing had happened, and does nothing twice', () =>
    eachKill(when, async (world, killed, clean) => {
      expect(await resume(world, killed)).toMatchObject({ outcome: 'applied', problems: [] })
      expect(snapshot(world)).toBe(clean.after)
      expect(world.log.toSorted()).toEqual(clean.log.toSorted())
    }))

  test('rollback leads back to the start', () =>
    eachKill(when, async (world, { run, journals }) => {
      const { outcome } = await rollBack({ ...world.runInput(tune()), record: await journals.fold(run) })
      expect(['rolled-back', 'nothing-to-do']).toContain(outcome)
      expect(snapshot(world)).toBe(atStart)
    }))

  test('a resumed run is one run, and is rolled back whole', () =>
    eachKill(when, async (world, killed) => {
      await resume(world, killed)
      const record = await killed.journals.fold(killed.run)
      expect(record.outcome).toBe('applied')
      await rollBack({ ...world.runInput(tune()), record })
      expect(snapshot(world)).toBe(atStart)
    }))
})

test('a command that looking cannot judge is not run again unless its outcome is known', async () => {
  const change = {
    host: 'e1',
    stage: 0,
    step: 'move',
    name: 'Move the data',
    state: 'started',
    change: { summary: 'run mv', settles: false, before: {}, details: [] },
  } as unknown as Parameters<typeof unknownChanges>[0][number] // what the question looks at
  expect(unknownChanges([change])).toMatchObject([
    { host: 'e1', hint: 'look at e1, then say which it is: --settle move@e1=done or --settle move@e1=not-done' },
  ])
  expect(unknownChanges([{ ...change, state: 'changed' }])).toEqual([])
})
