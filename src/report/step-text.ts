import { escapeLine, escapeText } from '../model/escape.ts'
import type { Detail } from '../model/module.ts'
import type { PlannedDecision, PlannedStep, RecordedChange } from '../model/plan.ts'
import { unreachable } from '../model/unreachable.ts'
import { indent } from './layout.ts'
import type { Style } from './style.ts'

/** One step of a plan: a line with its symbol, below it every detail of what it would do. */
export function stepText(step: PlannedStep, style: Style): string {
  const head = decisionLine(step, nameText(step), style)
  const commit = step.commit ? [style.yellow('    point of no return: a rollback goes back no further than here')] : []
  return [head, ...decisionDetails(step.decision, style), ...commit].join('\n')
}

const nameText = ({ name, on }: PlannedStep): string => escapeLine(on === undefined ? name : `${name} (on ${on})`)

function decisionLine({ decision, step }: PlannedStep, name: string, style: Style): string {
  switch (decision.kind) {
    case 'noop':
      return style.dim(`= ${name}: ${escapeLine(decision.summary)}`)
    case 'change':
      return `${symbolOf(decision.change, style)} ${style.bold(name)}: ${escapeLine(decision.change.summary)}`
    case 'skipped':
      return style.dim(`. ${name}: skipped, ${escapeLine(decision.reason)}`)
    case 'deferred':
      return `${style.yellow('?')} ${style.bold(name)}: ${deferredText(decision, step)}`
    case 'blocked':
      return `${style.red('!')} ${style.bold(name)}: ${style.red(escapeLine(decision.message))}`
    default:
      return unreachable(decision)
  }
}

/** What it waits for: an earlier step, or only its own time to come. */
const deferredText = (decision: Deferred, step: string): string =>
  decision.after === step
    ? escapeLine(decision.reason)
    : `assumed after step ${escapeLine(decision.after)}${whyDeferred(decision)}`

type Deferred = Extract<PlannedDecision, { kind: 'deferred' }>

/** The reason where it says more than which step it waits for. */
const whyDeferred = ({ after, reason }: Deferred): string =>
  reason === '' || reason.includes(after) ? '' : ` (${escapeLine(reason)})`

/** + comes to be, - goes, ~ is changed in place, ± is run or begins again. */
function symbolOf({ verb }: RecordedChange, style: Style): string {
  switch (verb) {
    case 'create':
    case 'start':
      return style.green('+')
    case 'delete':
    case 'stop':
      return style.red('-')
    case 'update':
    case 'move':
    case 'reload':
      return style.yellow('~')
    case 'restart':
    case 'run':
      return style.yellow('±')
    default:
      return unreachable(verb)
  }
}

function decisionDetails(decision: PlannedDecision, style: Style): readonly string[] {
  if (decision.kind === 'change') {
    const { change } = decision
    return [
      ...change.details.map((detail) => indent(detailText(detail, style), '    ')),
      ...irreversibleLines(change, style),
    ]
  }
  if (decision.kind !== 'blocked') return []
  return [
    ...(decision.detail === undefined ? [] : [indent(escapeText(decision.detail.trimEnd()), '    | ')]),
    ...(decision.hint === undefined ? [] : [`    ${style.cyan('try:')} ${escapeLine(decision.hint)}`]),
  ]
}

const irreversibleLines = ({ reversible, irreversibleBecause }: RecordedChange, style: Style): readonly string[] =>
  reversible
    ? []
    : [style.red(`    irreversible${irreversibleBecause === undefined ? '' : `: ${escapeLine(irreversibleBecause)}`}`)]

function detailText(detail: Detail, style: Style): string {
  switch (detail.kind) {
    case 'diff':
      return diffText(detail.diff, style)
    case 'command':
      return `$ ${indent(escapeText(detail.command.trimEnd()), '  ').trimStart()}`
    case 'value':
      return `${escapeLine(detail.name)}: ${shownValue(detail.before)} -> ${shownValue(detail.after)}`
    case 'note':
      return style.dim(escapeText(detail.text))
    default:
      return unreachable(detail)
  }
}

const shownValue = (value: string): string => (value === '' ? '""' : escapeLine(value))

const diffText = (diff: string, style: Style): string =>
  escapeText(diff.trimEnd())
    .split('\n')
    .map((line) => diffLine(line, style))
    .join('\n')

function diffLine(line: string, style: Style): string {
  if (line.startsWith('+++') || line.startsWith('---')) return style.bold(line)
  if (line.startsWith('@@')) return style.cyan(line)
  if (line.startsWith('+')) return style.green(line)
  return line.startsWith('-') ? style.red(line) : line
}
