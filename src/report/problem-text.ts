import { escapeLine, escapeText } from '../model/escape.ts'
import type { StepId } from '../model/id.ts'
import type { Problem } from '../model/problem.ts'
import { locationText, type Span } from '../model/source.ts'
import { cellsOf, count, indent, WIDTH } from './layout.ts'
import type { Style } from './style.ts'

/** What a problem's text needs from outside. */
export interface ProblemLook {
  readonly style: Style
  /** The text of a file that a span points into; undefined where there is none to show. */
  readonly sourceOf: (file: string) => string | undefined
  readonly nameOf?: (step: StepId) => string | undefined
  readonly lines?: 'last' | 'all' // of output; last: the last LAST_LINES
}

/** All problems, a blank line between; each what, where, what came back and what to try. Ends with a newline. */
export const problemsText = (problems: readonly Problem[], look: ProblemLook): string =>
  `${problems.map((problem) => problemText(problem, look)).join('\n\n')}\n`

/** One problem as a card: message and kind, host and step, the place with a caret, output verbatim, the hint. */
export function problemText(problem: Problem, look: ProblemLook): string {
  const { style } = look
  return [
    `${severityWord(problem, style)}${style.dim(`[${escapeLine(problem.rule ?? problem.kind)}]`)}: ${style.bold(escapeLine(problem.message))}`,
    ...placeLines(problem, look),
    ...(problem.at ? sourceLines(problem.at, look) : []),
    ...detailLines(problem, look),
    ...(problem.hint === undefined
      ? []
      : [`  ${style.cyan('try:')} ${indent(escapeText(problem.hint), ' '.repeat(7)).trimStart()}`]),
  ].join('\n')
}

function severityWord({ severity = 'error' }: Problem, style: Style): string {
  const paint = { error: style.red, warning: style.yellow, info: style.cyan }[severity]
  return paint(style.bold(severity))
}

function placeLines({ host, step, exitCode }: Problem, { style, nameOf }: ProblemLook): readonly string[] {
  const name = step === undefined ? undefined : nameOf?.(step)
  const facts = [
    ...(host === undefined ? [] : [`on ${style.bold(escapeLine(host))}`]),
    ...(step === undefined ? [] : [`in step ${escapeLine(name === undefined ? step : `${name} (${step})`)}`]),
    ...(exitCode === undefined ? [] : [`exit code ${exitCode}`]),
  ]
  return facts.length === 0 ? [] : [`  ${facts.join(', ')}`]
}

/** The place, then the line with a caret under its words; the place alone where the file cannot be shown. */
function sourceLines(at: Span, { style, sourceOf }: ProblemLook): readonly string[] {
  const place = `  ${style.dim('-->')} ${escapeLine(locationText(at))}`
  const line = sourceOf(at.file)?.split(/\r?\n/)[at.line - 1]
  if (line === undefined || line.trim() === '') return [place]
  const number = String(at.line)
  const bar = style.dim('|')
  const { before, marked, after } = cut(line, at)
  const caret = style.red('^'.repeat(Math.max(1, cellsOf(marked))))
  return [
    place,
    `  ${style.dim(number)} ${bar} ${before}${marked}${after}`.trimEnd(),
    `  ${' '.repeat(number.length)} ${bar} ${' '.repeat(cellsOf(before))}${caret}`,
  ]
}

/** The marked words and what fits of the line around them, escaped (an escape is as wide as it is shown). */
function cut(line: string, at: Span): { before: string; marked: string; after: string } {
  const start = Math.min(at.column - 1, line.length)
  const end = Math.min(start + Math.max(at.length, 1), line.length)
  const room = WIDTH - 12
  const whole = escapeCells(line.slice(0, start))
  const before = whole.length > room / 2 ? `...${whole.slice(-Math.floor(room / 2))}` : whole
  const marked = escapeCells(line.slice(start, end)).slice(0, room)
  const rest = escapeCells(line.slice(end))
  const left = Math.max(0, room - before.length - marked.length)
  return { before, marked, after: rest.length > left ? `${rest.slice(0, left)}...` : rest }
}

/** A tab in a source line is one space here, so that the caret stands under its word. */
const escapeCells = (text: string): string => escapeLine(text.replaceAll('\t', ' '))

/** Output is shown from its end, where programs say why they failed. */
const LAST_LINES = 20
const MAX_LINE = 1000 // characters of one line

function detailLines({ detail }: Problem, { style, lines: wanted = 'last' }: ProblemLook): readonly string[] {
  if (detail === undefined || detail.trim() === '') return []
  const lines = escapeText(detail.trimEnd()).split('\n')
  const shown = wanted === 'all' ? lines : lines.slice(-LAST_LINES)
  const left = lines.length - shown.length
  return [
    ...(left > 0 ? [style.dim(`  | ... ${count(left, 'line')} before; -v shows all`)] : []),
    ...shown.map((line) => `  ${style.dim('|')} ${cutLine(line, wanted)}`.trimEnd()),
  ]
}

const cutLine = (line: string, wanted: 'last' | 'all'): string =>
  wanted === 'all' || line.length <= MAX_LINE ? line : `${line.slice(0, MAX_LINE)}...`
