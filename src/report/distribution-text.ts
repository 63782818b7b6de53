import { isObject, type Json } from '../model/json.ts'
import type { Reading } from '../model/measure.ts'
import { quantityText } from './number-text.ts'

/** How what was observed lies, as a row of cells; the first row is that of the heads. */
export type DistributionRow = readonly string[]

const HEADS: DistributionRow = ['measure', 'host', '', 'observed', 'p50', 'p99', 'at most', 'up to: how many']

/** A row for each histogram that the readings of a run rest on, before and after side by side; none where there are none. */
export function distributionRows(readings: readonly Reading[]): readonly DistributionRow[] {
  const rows = new Map<string, DistributionRow>() // several measures may rest on one histogram: it is told once
  for (const reading of sorted(readings))
    for (const one of distributionsIn(reading.evidence)) {
      const key = JSON.stringify([reading.host, reading.phase, one.series, one.buckets])
      if (!rows.has(key)) rows.set(key, rowOf(reading, one))
    }
  return rows.size === 0 ? [] : [HEADS, ...rows.values()]
}

/** Readings of one measure and host together, in the order of their first. */
const sorted = (readings: readonly Reading[]): readonly Reading[] =>
  [...Map.groupBy(readings, ({ measure, host }) => JSON.stringify([measure, host])).values()].flat()

interface Seen {
  readonly series: string
  readonly count: number
  readonly p50: number | null
  readonly p99: number | null
  readonly max: number | null
  readonly buckets: readonly { readonly le: number | null; readonly count: number }[]
}

/** Evidence comes from a journal, and may be of any module. */
function distributionsIn(evidence: Json | undefined): readonly Seen[] {
  const parts = isObject(evidence) ? evidence.evidence : undefined
  return Array.isArray(parts) ? parts.filter(isSeen) : []
}

const isSeen = (part: unknown): part is Seen =>
  isObject(part) &&
  typeof part.count === 'number' &&
  Array.isArray(part.buckets) &&
  part.buckets.every((bucket) => isObject(bucket) && typeof bucket.count === 'number')

const rowOf = ({ measure, host, phase, unit }: Reading, { series, count, p50, p99, max, buckets }: Seen) => [
  series === '' ? measure : `${measure} ${series}`,
  host,
  phase,
  String(count),
  ...[p50, p99, max].map((value) => quantityText(value, unit)),
  buckets.map((bucket) => `${bucket.le ?? 'more'}: ${bucket.count}`).join(', '),
]
