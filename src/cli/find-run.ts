import type { RunId } from '../model/id.ts'
import type { JournalStore } from '../model/journal.ts'
import { ProblemError } from '../model/problem.ts'
import type { RunRecord } from '../model/run-record.ts'

/** The run that the user means: its id, the beginning of it (any case), or `last`: the newest one of that verb. */
export async function findRun(journals: JournalStore, words: string, verb: 'apply' | 'any' = 'any'): Promise<RunId> {
  const runs = words === 'last' && verb === 'apply' ? await appliesOf(journals) : await journals.list()
  const beginning = words.toUpperCase()
  const matches = words === 'last' ? runs.slice(0, 1) : runs.filter((run) => run.startsWith(beginning))
  const [found, other] = matches
  if (found && !other) return found
  throw new ProblemError({
    kind: 'reference',
    message: found
      ? `several runs begin with "${words}"`
      : runs.length === 0
        ? 'no run is recorded yet'
        : `no run is called "${words}"`,
    ...(found ? { detail: matches.slice(0, 10).join('\n') } : {}),
    hint: 'list them with `runbook runs`; runs of another state folder need its --state-dir',
  })
}

/** The newest run that is an apply, alone in a list. */
async function appliesOf(journals: JournalStore): Promise<readonly RunId[]> {
  for (const run of await journals.list()) {
    const [first] = await journals.read(run)
    if (first?.event.type === 'run-started' && first.event.verb === 'apply') return [run]
  }
  return []
}

/** The newest rollback of a run, where there is one. */
export const rollbackOf = async (journals: JournalStore, run: RunId): Promise<RunId | undefined> =>
  (await rollbacksOf(journals, run))[0]

/** The rollbacks of a run, newest first. */
export async function rollbacksOf(journals: JournalStore, run: RunId): Promise<readonly RunId[]> {
  const rollbacks: RunId[] = []
  for (const later of (await journals.list()).filter((one) => one > run)) {
    const [first] = await journals.read(later)
    if (first?.event.type === 'run-started' && first.event.of === run) rollbacks.push(later)
  }
  return rollbacks
}

/** The record of a run; that of a rollback with the changes of the run that it undoes, as they are now. */
export async function foldWhole(journals: JournalStore, run: RunId): Promise<RunRecord> {
  const record = await journals.fold(run)
  const { of } = record.started
  if (of === undefined) return record
  const { changes, owed, readings } = await journals.fold(of)
  return { ...record, changes, owed, readings: [...readings, ...record.readings] }
}
