import type { DiagnosedReading, Diagnosis, FoundCause, FoundRemedy } from '../model/diagnosis.ts'
import { escapeLine } from '../model/escape.ts'
import { columns, indent, wrapText } from './layout.ts'
import { quantityText } from './number-text.ts'
import type { Style } from './style.ts'

export interface DiagnosisLook {
  readonly style: Style
  /** The command that plans a runbook; undefined where there is none of that name. */
  readonly planOf: (runbook: string) => string | undefined
  readonly detail: 'quiet' | 'normal' | 'verbose'
}

/** The table of numbers, hosts side by side; what was seen besides; causes; remedies, ranked, with the commands to plan them. */
export function diagnosisText(diagnosis: Diagnosis, look: DiagnosisLook): string {
  const { style } = look
  const { runbook, hosts, unseen, causes } = diagnosis
  const title = `${style.bold(escapeLine(runbook.name))} on ${hosts.map(escapeLine).join(', ')}`
  const lost = unseen.map((problem) =>
    style.red(`not looked at: ${escapeLine(`${problem.host ?? ''}: ${problem.message}`)}`),
  )
  const blocks = [
    [title, ...lost],
    tableOf(diagnosis, style),
    look.detail === 'quiet' ? [] : [...notesOf(diagnosis), ...sourcesOf(diagnosis)].map((line) => style.dim(line)),
    causes.length === 0 ? [noCause(diagnosis, style)] : causes.flatMap((cause) => causeLines(cause, style)),
    remedyLines(causes, look),
  ]
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n')
}

const measuresOf = ({ readings }: Diagnosis): readonly string[] => [...new Set(readings.map(({ measure }) => measure))]

/** A row a measure: its value on each host, the threshold, the verdict. */
function tableOf(diagnosis: Diagnosis, style: Style): readonly string[] {
  const { readings, hosts } = diagnosis
  const rows = measuresOf(diagnosis).map((measure) => {
    const own = readings.filter((reading) => reading.measure === measure)
    const at = (host: string) => own.find((reading) => reading.host === host)
    const values = hosts.map((host) => cellOf(at(host)))
    return [escapeLine(measure), ...values, escapeLine(own.find(({ target }) => target)?.target ?? '-'), verdictOf(own)]
  })
  const [head = '', ...lines] = columns([['measure', ...hosts.map(escapeLine), 'threshold', 'verdict'], ...rows])
  const verdicts = rows.map((row) => row.at(-1) ?? '')
  return [style.dim(head), ...lines.map((line, at) => (verdicts[at]?.startsWith('beyond') ? style.red(line) : line))]
}

const cellOf = (reading: DiagnosedReading | undefined): string =>
  reading ? escapeLine(quantityText(reading.value, reading.unit)) : ''

function verdictOf(readings: readonly DiagnosedReading[]): string {
  const bad = readings.filter(({ verdict }) => verdict === 'fail')
  if (bad.length > 0) return `beyond on ${bad.map(({ host }) => escapeLine(host)).join(', ')}`
  return readings.some(({ verdict }) => verdict === 'pass') ? 'ok' : '-'
}

const notesOf = ({ readings }: Diagnosis): readonly string[] =>
  readings
    .filter(({ note }) => note !== undefined)
    .map(({ measure, host, note }) => escapeLine(`${measure} on ${host}: ${note}`))

const sourcesOf = (diagnosis: Diagnosis): readonly string[] =>
  measuresOf(diagnosis).flatMap((measure) => {
    const found = diagnosis.readings.find((reading) => reading.measure === measure && reading.source !== undefined)
    return found ? [escapeLine(`threshold of ${measure}: ${found.source}`)] : []
  })

function noCause({ readings }: Diagnosis, style: Style): string {
  const beyond = readings.some(({ verdict }) => verdict === 'fail')
  return beyond
    ? style.yellow('No cause that this runbook knows explains what is beyond its threshold.')
    : style.green('No cause found: nothing is beyond its threshold.')
}

const causeLines = ({ name, hosts }: FoundCause, style: Style): readonly string[] => [
  style.bold(`Cause: ${escapeLine(name)}, on ${hosts.map(({ host }) => escapeLine(host)).join(', ')}`),
  ...[...new Set(hosts.map(({ says }) => says))].map((says) => indent(wrapText(escapeLine(says)), '  ')),
]

function remedyLines(causes: readonly FoundCause[], { style, planOf }: DiagnosisLook): readonly string[] {
  const ranked = [
    ...new Map(
      causes
        .flatMap(({ remedies }) => remedies)
        .toReversed()
        .map((one) => [one.runbook, one]),
    ),
  ]
    .map(([, remedy]) => remedy)
    .toReversed()
  const lines = ranked.flatMap((remedy: FoundRemedy, at) => [
    `  ${at + 1}. ${escapeLine(remedy.runbook)}${remedy.why === undefined ? '' : `: ${escapeLine(remedy.why)}`}`,
    `     ${planOf(remedy.runbook) ?? style.dim('there is no such runbook here')}`,
  ])
  return lines.length === 0 ? [] : ['Remedies, best first', ...lines]
}
