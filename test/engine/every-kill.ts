import { describe, expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import type { ApplyInput, PlanInput } from '../../src/engine/input.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { rollBack } from '../../src/engine/rollback.ts'
import type { Journal, JournalStore } from '../../src/model/journal.ts'
import { ProblemError } from '../../src/model/problem.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import { makeWorld, type World } from './world.ts'

/**
 * On two hosts, a run killed at any record is resumed to its end with nothing done twice, or rolled back to the start.
 * Killed is killed: nothing after a certain record is written, and nothing is done any more.
 */
export function survivesEveryKill(book: Tried['book'], start: Tried['start'], more: Partial<PlanInput> = {}): void {
  const tried: Tried = { book, start, more }
  const atStart = JSON.stringify(['e1', 'e2', ...OTHERS].map((name) => [name, Object.entries(start).sort()]))
  describe.each(['before', 'after'] as const)('killed %s any record', (when) => {
    test('resume ends as if nothing had happened, and does nothing twice', () =>
      eachKill(tried, when, async (world, killed, clean) => {
        expect(await resume(world, tried, killed)).toMatchObject({ outcome: 'applied', problems: [] })
        expect(snapshot(world)).toBe(clean.after)
        expect(world.log.toSorted()).toEqual(clean.log.toSorted())
      }))

    test('rollback leads back to the start', () =>
      eachKill(tried, when, async (world, { run, journals }) => {
        const { outcome } = await rollBack({
          ...world.runInput(tried.book(), tried.more),
          record: await journals.fold(run),
        })
        expect(['rolled-back', 'nothing-to-do']).toContain(outcome)
        expect(snapshot(world)).toBe(atStart)
      }))

    test('a resumed run is one run, and is rolled back whole', () =>
      eachKill(tried, when, async (world, killed) => {
        await resume(world, tried, killed)
        const record = await killed.journals.fold(killed.run)
        expect(record.outcome).toBe('applied')
        await rollBack({ ...world.runInput(tried.book(), tried.more), record })
        expect(snapshot(world)).toBe(atStart)
      }))
  })
}

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

const OTHERS: readonly string[] = ['hv']

/** What a run is tried with: its runbook, and what there is besides. */
interface Tried {
  readonly book: () => Runbook
  readonly start: Readonly<Record<string, string>>
  readonly more?: Partial<PlanInput>
}

async function applyUntil(
  world: World,
  { book, more }: Tried,
  { records, when }: { readonly records: number; readonly when: 'before' | 'after' },
): Promise<ApplyInput> {
  const plan = await makePlan(world.input(book(), more))
  const input = { ...world.runInput(book(), more), plan }
  await applyPlan({ ...input, journals: dying(input.journals, { records, when }) }).catch((error: unknown) => {
    if (!(error instanceof ProblemError && error.message === 'killed')) throw error
  })
  return input
}

async function resume(world: World, { book, more }: Tried, killed: ApplyInput) {
  const past = await killed.journals.fold(killed.run)
  const planning = world.input(book(), { ...more, past, owed: past.owed })
  const plan = await makePlan(planning)
  return applyPlan({ ...killed, ...planning, plan })
}

async function undisturbed(tried: Tried) {
  const world = await makeWorld(['e1', 'e2'], tried.start, OTHERS)
  const { journals, run } = await applyUntil(world, tried, { records: Number.POSITIVE_INFINITY, when: 'before' })
  return { after: snapshot(world), log: world.log, records: (await journals.read(run)).length }
}

/** A fresh world for every record of an undisturbed run, killed there. */
async function eachKill(
  tried: Tried,
  when: 'before' | 'after',
  check: (world: World, killed: ApplyInput, clean: Awaited<ReturnType<typeof undisturbed>>) => Promise<void>,
): Promise<void> {
  const clean = await undisturbed(tried)
  expect(clean.records).toBeGreaterThan(20)
  for (let records = 1; records < clean.records; records += 1) {
    const world = await makeWorld(['e1', 'e2'], tried.start, OTHERS)
    await check(world, await applyUntil(world, tried, { records, when }), clean)
  }
}
