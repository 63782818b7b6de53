import type { RunSummary } from '../engine/input.ts'
import { escapeLine } from '../model/escape.ts'
import type { RunRecord } from '../model/run-record.ts'
import { comparisonLines } from '../report/measure-text.ts'
import { outcomeText } from '../report/outcome-text.ts'
import { styleFor, type Telling } from './look.ts'
import { tellProblems } from './tell-problems.ts'

/** How a run ended: problems, what was changed, measures before and after, and the command to type next. */
export function tellRun(summary: RunSummary, record: RunRecord, telling: Telling): void {
  const { world, output } = telling
  if (output.format === 'json') {
    world.stdout.write(`${JSON.stringify({ type: 'summary', ...summary })}\n`)
    return
  }
  if (summary.problems.length > 0) tellProblems(summary.problems, telling)
  const style = styleFor(world.stdout, telling)
  const measures = comparisonLines(record.readings, style)
  const lines = [
    outcomeText(summary.outcome, style),
    ...measures,
    ...standing(record),
    `${style.cyan('next:')} ${nextCommand(summary, record)}`,
  ]
  for (const line of lines) world.stdout.write(`${line}\n`)
}

/** What is different on the hosts now. */
function standing({ changes, owed }: RunRecord): readonly string[] {
  const stand = changes.filter((change) => change.state === 'changed').length
  const undone = changes.filter((change) => change.state === 'undone').length
  const doubtful = changes.length - stand - undone
  return [
    `Changes: ${stand} in place, ${undone} undone${doubtful > 0 ? `, ${doubtful} in doubt` : ''}.`,
    ...owed.map((restart) => `Still owed on ${escapeLine(restart.host)}: step ${escapeLine(restart.step)}`),
  ]
}

function nextCommand({ run, outcome }: RunSummary, { started, changes }: RunRecord): string {
  const target = started.of ?? run
  const open = changes.some((change) => change.state !== 'undone')
  if (outcome === 'rollback-failed') return `runbook report ${run}   # then again: runbook rollback ${target}`
  return started.verb === 'apply' && open
    ? `runbook report ${run}   # or undo it: runbook rollback ${run}`
    : `runbook report ${run}`
}
