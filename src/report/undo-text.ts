import { escapeLine } from '../model/escape.ts'
import type { ChangeRecord, RunRecord } from '../model/run-record.ts'
import { count } from './layout.ts'
import type { Style } from './style.ts'

/** What a rollback would undo, newest first, host by host; what cannot be undone is marked. */
export function undoText(record: RunRecord, style: Style): string {
  const open = record.changes.filter((change) => change.state !== 'undone').toReversed()
  if (open.length === 0) return `Nothing is left to undo of run ${record.run}.\n`
  const lines = open.map(
    (change) =>
      `  ${style.bold(escapeLine(change.host))} ${escapeLine(`${change.name}: ${change.change.summary}`)}${mark(change, style)}`,
  )
  return `${style.bold(`Rollback of run ${record.run}`)} (${escapeLine(record.started.runbook.name)}): ${count(open.length, 'change')} to undo\n${lines.join('\n')}\n`
}

function mark({ change, undo, state }: ChangeRecord, style: Style): string {
  if (!change.reversible && undo === undefined) return style.red(' (cannot be undone)')
  return state === 'started' || state === 'failed' ? style.yellow(' (in doubt)') : ''
}
