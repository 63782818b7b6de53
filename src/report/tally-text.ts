import { escapeLine } from '../model/escape.ts'
import { count } from './layout.ts'
import { numberText } from './number-text.ts'
import type { Style } from './style.ts'

interface Took {
  readonly p50_ms: number
  readonly p99_ms: number
  readonly worst_ms: number
}

/** What a log says, as counted: see symptoms/tally.ts. */
export interface TallyShown {
  readonly lines: number
  readonly matched: number
  readonly runbooks: readonly {
    readonly name: string
    readonly summary: string
    readonly lines: number
    readonly symptoms: readonly {
      readonly symptom: string
      readonly lines: number
      readonly example: string
      readonly took?: Took
    }[]
  }[]
  readonly others: readonly { readonly signature: string; readonly lines: number }[]
}

/** The runbooks whose symptoms were seen, with counts, times and the command to type next. */
export function tallyText(tally: TallyShown, style: Style): string {
  const { lines, matched, runbooks, others } = tally
  const head = `${count(lines, 'line')}, ${matched} with symptoms of ${count(runbooks.length, 'runbook')}`
  const blocks = runbooks.map((runbook) => [
    `${style.bold(escapeLine(runbook.name))}  ${escapeLine(runbook.summary)}`,
    ...runbook.symptoms.flatMap((seen) => [
      `  ${String(seen.lines).padStart(7)}  ${escapeLine(seen.symptom)}`,
      ...(seen.took ? [`           ${style.yellow(tookText(seen.took))}`] : []),
      style.dim(`           ${escapeLine(seen.example)}`),
    ]),
    `  next: runbook plan ${escapeLine(runbook.name)}`,
  ])
  const rest =
    runbooks.length > 0 || others.length === 0
      ? []
      : [['Most frequent:', ...others.map((one) => `  ${String(one.lines).padStart(7)}  ${escapeLine(one.signature)}`)]]
  return `${[[head], ...blocks, ...rest].map((block) => block.join('\n')).join('\n\n')}\n`
}

const tookText = ({ p50_ms, p99_ms, worst_ms }: Took): string =>
  `p50 ${timeText(p50_ms)}, p99 ${timeText(p99_ms)}, worst ${timeText(worst_ms)}`

const timeText = (ms: number): string => (ms < 1000 ? `${numberText(ms)} ms` : `${numberText(ms / 1000)} s`)
