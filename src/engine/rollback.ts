import type { HostName } from '../model/id.ts'
import { type Problem, problemsOf } from '../model/problem.ts'
import type { ChangeRecord, RunRecord } from '../model/run-record.ts'
import { restoreChoices } from './includes.ts'
import type { RollbackInput, RunSummary } from './input.ts'
import { recordMeasures } from './measure.ts'
import { needToUndo } from './need.ts'
import { openHosts } from './open-hosts.ts'
import { type Ending, journaled, type Running } from './running.ts'
import { undoChanges } from './undo.ts'
import { settleUndos } from './undo-in-doubt.ts'

/** Undoes what a run changed and no earlier rollback undid, newest first, in a run of its own. Can be repeated. */
export async function rollBack(input: RollbackInput): Promise<RunSummary> {
  const need = (host: HostName) => needToUndo(host, input.record.changes)
  const open = await openHosts(input, need)
  try {
    const doing = { verb: 'rollback', of: input.record.run, also: elsewhereOf(input.record), need } as const
    return await journaled(input, { open, doing, work: (running) => undoAll(running, input) })
  } finally {
    await open.close()
  }
}

/** The hosts that the run worked on, or was to work on, besides its own. */
const elsewhereOf = ({ started, changes }: RunRecord): readonly HostName[] => [
  ...new Set([...(started.also ?? []), ...changes.flatMap(({ on }) => on ?? [])]),
]

/** But for what an earlier rollback had undone without hearing of it. */
async function undoLeft(
  running: Running,
  input: RollbackInput,
  open: readonly ChangeRecord[],
): Promise<readonly Problem[]> {
  const undone = await settleUndos(running, input)
  const left = open.filter((change) => !undone.includes(change))
  return undoChanges(running, left, input.record)
}

async function undoAll(running: Running, input: RollbackInput): Promise<Ending> {
  restoreChoices(running.contexts, input.runbook, input.record)
  const open = input.record.changes.filter((change) => change.state !== 'undone')
  if (open.length === 0) return { outcome: 'nothing-to-do', problems: [] }
  const problems: readonly Problem[] = await undoLeft(running, input, open).catch((error: unknown) => problemsOf(error))
  if (problems.some((problem) => problem.kind === 'interrupted')) return { outcome: 'interrupted', problems }
  await recordMeasures(
    running,
    'after-rollback',
    input.record.readings.filter((reading) => reading.phase === 'after'),
  )
  return { outcome: problems.length > 0 ? 'rollback-failed' : 'rolled-back', problems }
}
