import { escapeLine } from '../model/escape.ts'
import type { Reading } from '../model/measure.ts'
import { columns } from './layout.ts'
import { numberText, quantityText } from './number-text.ts'
import type { Style } from './style.ts'

/** One line a reading, as a table: measure, host, number, target and verdict, note. */
export const readingLines = (readings: readonly Reading[], style: Style): readonly string[] => {
  const rows = readings.map((reading) => [
    escapeLine(reading.measure),
    escapeLine(reading.host),
    escapeLine(quantityText(reading.value, reading.unit)),
    targetText(reading),
  ])
  return columns(rows).map((line, at) => line + tail(readings[at], style))
}

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

/** "wal_fsync_p99 38 ms -> 4 ms (value < 10) PASS", with `(back to 38 ms)` after a rollback. */
export function comparisonText(comparison: Comparison, style: Style): string {
  const { before, after, afterRollback } = comparison
  const latest = after ?? before
  const numbers = [before, after].flatMap((reading) => (reading ? [numberText(reading.value)] : []))
  const unit = latest?.unit ? ` ${latest.unit}` : ''
  const spread = numbers.map((number) => (number === '-' ? number : number + unit)).join(' -> ')
  const back = afterRollback ? ` (after the rollback ${quantityText(afterRollback.value, afterRollback.unit)})` : ''
  const target = latest?.target === undefined ? '' : ` (${latest.target})`
  return `${escapeLine(`${comparison.measure} ${spread}${back}${target}`)}${verdictText(latest, style)}`
}

const targetText = ({ target }: Reading): string => (target === undefined ? '' : `(${escapeLine(target)})`)

const tail = (reading: Reading | undefined, style: Style): string =>
  verdictText(reading, style) + (reading?.note === undefined ? '' : style.dim(`  ${escapeLine(reading.note)}`))

function verdictText(reading: Reading | undefined, style: Style): string {
  if (reading?.verdict === undefined) return ''
  return reading.verdict === 'pass' ? ` ${style.green('PASS')}` : ` ${style.red('FAIL')}`
}
