import type { Expected } from './checker.ts'
import type { History, PlannedEffect } from './history.ts'
import { differing, timeless } from './host-state.ts'
import type { Records, Trial } from './kill-plan.ts'
import { type ReadRecord, readJournal } from './read-journal.ts'
import { CANARY } from './workload.ts'
import type { FaultWorld } from './world.ts'

/** What the workload does and leaves when nothing disturbs it: what a disturbed run is compared with. */
export interface Undisturbed {
  readonly changes: readonly string[] // lines of states, without times
  readonly effects: readonly string[] // sorted
  readonly records: Records
  readonly expected: Expected
}

/** Runs the workload once and undoes it, and learns from both. Throws where that does not end as it should. */
export async function runUndisturbed(world: FaultWorld, kind: Trial['kind']): Promise<Undisturbed> {
  const cli = world.controller()
  const before = await world.states()
  const applied = await cli.run(...world.apply(kind))
  if (applied.code !== 0) throw new Error(`the undisturbed run failed: ${applied.stdout}\n${applied.stderr}`)
  const changes = differing(timeless(before), timeless(await world.states()))
  const effects = effectsOf(await world.history(cli))
  const { code, stdout, stderr } = await cli.run('rollback', 'last', '--yes')
  if (code !== (kind === 'final' ? 8 : 0)) throw new Error(`the undisturbed rollback failed: ${stdout}\n${stderr}`)
  const left = differing(before, await world.states())
  if (left.length > 0) throw new Error(`the undisturbed rollback left:\n${left.join('\n')}`)
  const history = await world.history(cli)
  await world.forget()
  const run = recordsOf(history, 'apply')
  const expected = { planned: plannedBy(history), canary: CANARY }
  return { changes, effects, records: countedIn(run), expected }
}

/** What the hosts noted, without times: the same for two runs that did the same. */
export const effectsOf = ({ effects }: History): readonly string[] =>
  effects.map(({ host, what }) => `${host} ${what}`).sort()

const recordsOf = ({ journals }: History, verb: string): readonly ReadRecord[] =>
  journals.map(readJournal).find(({ records }) => records[0]?.event.verb === verb)?.records ?? []

const countedIn = (records: readonly ReadRecord[]): Records => ({
  count: records.length,
  announcing: records.flatMap(({ event }, index) => (event.type === 'step-started' ? [index + 1] : [])),
})

/** Each effect belongs to the step that was begun last on its host before it. */
function plannedBy(history: History): readonly PlannedEffect[] {
  const starts = [...recordsOf(history, 'apply'), ...recordsOf(history, 'rollback')].filter(
    ({ event }) => event.type === 'step-started' || event.type === 'undo-started',
  )
  return history.effects.flatMap(({ host, what, at }) => {
    const start = starts.findLast(({ event, at: began }) => event.host === host && began <= at)?.event
    const phase = start?.type === 'undo-started' ? ('undo' as const) : ('do' as const)
    return start?.step === undefined ? [] : [{ host, what, step: start.step, phase }]
  })
}
