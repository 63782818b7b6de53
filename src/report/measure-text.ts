import { escapeLine } from '../model/escape.ts'
import type { Reading } from '../model/measure.ts'
import { columns } from './layout.ts'
import { quantityText } from './number-text.ts'
import type { Style } from './style.ts'

/** A line a reading: "wal_fsync_p99  e1  38 ms (< 10 ms) FAIL"; below them the targets that are too long for that. */
export const readingLines = (readings: readonly Reading[], style: Style): readonly string[] =>
  table(
    readings.map((reading) => ({ reading, numbers: quantityText(reading.value, reading.unit) })),
    style,
  )

/** A reading on one line: "before wal_fsync_p99 on e1: 38 ms FAIL". */
export const readingLine = (reading: Reading, style: Style): string =>
  `${reading.phase} ${escapeLine(`${reading.measure} on ${reading.host}: ${quantityText(reading.value, reading.unit)}`)}${tail(reading, style)}`

/** A measure of one host over a run: what it was before, after, and after a rollback. */
export interface Comparison {
  readonly measure: string
  readonly host: string
  readonly before?: Reading
  readonly after?: Reading
  readonly afterRollback?: Reading
}

/** The readings of a run, paired by measure and host in the order of their first reading. */
export function compare(readings: readonly Reading[]): readonly Comparison[] {
  const keys = [...new Set(readings.map((reading) => JSON.stringify([reading.measure, reading.host])))]
  return keys.map((key) => {
    const own = readings.filter((reading) => JSON.stringify([reading.measure, reading.host]) === key)
    const last = (phase: Reading['phase']) => own.findLast((reading) => reading.phase === phase)
    const [before, after, afterRollback] = [last('before'), last('after'), last('after-rollback')]
    return {
      measure: own[0]?.measure ?? '',
      host: own[0]?.host ?? '',
      ...(before ? { before } : {}),
      ...(after ? { after } : {}),
      ...(afterRollback ? { afterRollback } : {}),
    }
  })
}

/** A line a measure and host: "wal_fsync_p99  e1  38 ms -> 4 ms (< 10 ms) PASS"; long targets below. */
export const comparisonLines = (readings: readonly Reading[], style: Style): readonly string[] =>
  table(
    compare(readings).flatMap((one) => {
      const reading = latestOf(one)
      return reading ? [{ reading, numbers: spreadText(one), back: backText(one) }] : []
    }),
    style,
  )

interface Row {
  readonly reading: Reading // the one that the verdict is about
  readonly numbers: string
  readonly back?: string // what it was after a rollback, of which the verdict does not speak
}

function table(rows: readonly Row[], style: Style): readonly string[] {
  const cells = rows.map(({ reading, numbers }) => [reading.measure, reading.host, numbers + shortTarget(reading)])
  const lines = columns(cells.map((row) => row.map(escapeLine))).map(
    (line, at) => line + tail(rows[at]?.reading, style) + (rows[at]?.back ?? ''),
  )
  const long = new Map(
    rows.flatMap(({ reading }) =>
      reading.target !== undefined && shortTarget(reading) === '' ? [[reading.measure, reading.target]] : [],
    ),
  )
  return [...lines, ...[...long].map(([measure, target]) => style.dim(escapeLine(`target of ${measure}: ${target}`)))]
}

/** " (< 10 ms)" of `value < 10`; nothing of a longer condition. */
function shortTarget({ target, unit }: Reading): string {
  const [, sign, number] = /^value\s*(<=?|>=?|==)\s*(-?[\d.]+)$/.exec(target ?? '') ?? []
  return sign === undefined || number === undefined ? '' : ` (${sign} ${quantityText(Number(number), unit)})`
}

const latestOf = ({ before, after, afterRollback }: Comparison): Reading | undefined => after ?? before ?? afterRollback

/** "38 ms -> 4 ms"; of a rollback that took no other reading, its own. */
const spreadText = ({ before, after, afterRollback }: Comparison): string =>
  [before, after ?? (before ? undefined : afterRollback)]
    .flatMap((one) => (one ? [quantityText(one.value, one.unit)] : []))
    .join(' -> ')

const backText = ({ before, after, afterRollback }: Comparison): string =>
  afterRollback && (before || after)
    ? `, after the rollback ${quantityText(afterRollback.value, afterRollback.unit)}`
    : ''

const tail = (reading: Reading | undefined, style: Style): string =>
  verdictText(reading, style) + (reading?.note === undefined ? '' : style.dim(`  ${escapeLine(reading.note)}`))

function verdictText(reading: Reading | undefined, style: Style): string {
  if (reading?.verdict === undefined) return ''
  return reading.verdict === 'pass' ? ` ${style.green('PASS')}` : ` ${style.red('FAIL')}`
}
