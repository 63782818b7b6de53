import type { RunSummary } from '../engine/input.ts'
import { escapeLine } from '../model/escape.ts'
import type { RunRecord } from '../model/run-record.ts'
import { changedText, changesJson } from '../report/changed-text.ts'
import { comparisonLines } from '../report/measure-text.ts'
import { outcomeText } from '../report/outcome-text.ts'
import type { Style } from '../report/style.ts'
import { styleFor, type Telling } from './look.ts'
import { tellProblems } from './tell-problems.ts'

/** How a run ended: problems, what was changed, measures before and after, and the command to type next. */
export function tellRun(summary: RunSummary, record: RunRecord, telling: Telling): void {
  const { world, output } = telling
  if (output.format === 'json') {
    const more = {
      changes: changesJson(record.changes),
      next: nextCommands(summary, record).map(({ command }) => command),
    }
    world.stdout.write(`${JSON.stringify({ type: 'summary', ...summary, ...more })}\n`)
    return
  }
  if (summary.problems.length > 0) {
    const names = new Map(record.changes.map(({ step, name }) => [step, name]))
    tellProblems(summary.problems, telling, (step) => names.get(step))
    world.stderr.write(changedText(record.changes, summary.problems, styleFor(world.stderr, telling)))
  }
  const style = styleFor(world.stdout, telling)
  const measures = comparisonLines(record.readings, style)
  const lines = [
    outcomeText(summary.outcome, style),
    ...measures,
    ...standing(record),
    ...nextLines(nextCommands(summary, record), style),
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

/** The commands to type next, the likeliest first, each with when. */
function nextCommands({ run, outcome }: RunSummary, { started, changes }: RunRecord): readonly Next[] {
  const target = started.of ?? run
  const report: Next = { command: `runbook report ${run}` }
  if (outcome === 'rollback-failed') return [report, { command: `runbook rollback ${target}`, when: 'again' }]
  if (started.verb !== 'apply') return [report]
  const isCut = outcome === 'failed-not-rolled-back' || outcome === 'interrupted'
  return [
    ...(isCut ? [{ command: `runbook resume ${run}`, when: 'to go on' }] : [report]),
    ...(changes.some((change) => change.state !== 'undone')
      ? [{ command: `runbook rollback ${run}`, when: 'to undo it' }]
      : []),
  ]
}

interface Next {
  readonly command: string
  readonly when?: string
}

const nextLines = (nexts: readonly Next[], style: Style): readonly string[] =>
  nexts.map(({ command, when }, index) => {
    const mark = index === 0 ? style.cyan('next:') : '     '
    return `${mark} ${command}${when === undefined ? '' : style.dim(`   # ${when}`)}`
  })
