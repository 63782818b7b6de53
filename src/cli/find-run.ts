import type { RunId } from '../model/id.ts'
import type { JournalStore } from '../model/journal.ts'
import { ProblemError } from '../model/problem.ts'

/** The run that the user means: its id, the beginning of it (any case), or `last`. */
export async function findRun(journals: JournalStore, words: string): Promise<RunId> {
  const runs = await journals.list()
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
