import { type Sample, samplesOf, seriesKey } from '../shared/prometheus.ts'

/** A histogram: cumulative counts at upper bounds, ascending, the last bound infinite. */
export interface Histogram {
  readonly series: string // its labels
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
}

/** The histograms of a metric, one per set of labels. */
export function histogramsOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>>,
): readonly Histogram[] {
  const bySeries = new Map<string, Map<number, number>>()
  for (const sample of samplesOf(samples, `${name}_bucket`, labels)) {
    const key = seriesKey(sample, ['le'])
    const bound = boundOf(sample.labels.get('le') ?? '')
    if (Number.isNaN(bound)) continue
    bySeries.set(key, (bySeries.get(key) ?? new Map<number, number>()).set(bound, sample.value))
  }
  return [...bySeries].map(([series, buckets]) => {
    const sorted = [...buckets].sort(([a], [b]) => a - b)
    return { series, bounds: sorted.map(([bound]) => bound), counts: sorted.map(([, count]) => count) }
  })
}

const boundOf = (le: string): number => (le === '+Inf' ? Infinity : Number(le === '' ? 'x' : le))

/** How many observations a histogram holds. */
export const countOf = ({ counts }: Histogram): number => counts.at(-1) ?? 0

/** What was observed between two scrapes; undefined where a count went back: the process was started anew. */
export function deltaOf(before: Histogram | undefined, after: Histogram): Histogram | undefined {
  const counts = after.counts.map((count, index) => count - (before?.counts[index] ?? 0))
  return counts.some((count) => count < 0) ? undefined : { ...after, counts }
}

/**
 * The q-quantile by linear interpolation inside its bucket, as Prometheus' histogram_quantile does; in the infinite
 * bucket, the highest finite bound. NaN for an empty histogram.
 */
export function quantileOf({ bounds, counts }: Histogram, q: number): number {
  const total = counts.at(-1) ?? 0
  if (total <= 0) return Number.NaN
  const rank = q * total
  const index = counts.findIndex((count) => count >= rank && count > 0)
  const bound = bounds[index] ?? Number.NaN
  const lower = bounds[index - 1] ?? 0
  if (bound === Infinity) return index === 0 ? Number.NaN : lower
  if (index === 0 && bound <= 0) return bound
  const below = counts[index - 1] ?? 0
  const inside = (counts[index] ?? 0) - below
  return inside <= 0 ? lower : lower + (bound - lower) * Math.max(0, (rank - below) / inside)
}

/** What a histogram holds, for a report: the buckets that are not empty, each with its upper bound (null: infinite). */
export type Distribution = {
  readonly p50: number | null
  readonly p99: number | null
  readonly max: number | null // none was above; null where that is not known
  readonly buckets: readonly { readonly le: number | null; readonly count: number }[]
}

/** Bounds and quantiles times `scale`; null of an empty histogram. */
export function distributionOf(histogram: Histogram, scale: number): Distribution {
  const { bounds, counts } = histogram
  const finite = (value: number): number | null =>
    Number.isFinite(value) ? Number((value * scale).toPrecision(6)) : null
  const buckets = bounds.flatMap((bound, at) => {
    const count = (counts[at] ?? 0) - (counts[at - 1] ?? 0)
    return count > 0 ? [{ le: finite(bound), count }] : []
  })
  return {
    p50: finite(quantileOf(histogram, 0.5)),
    p99: finite(quantileOf(histogram, 0.99)),
    max: buckets.at(-1)?.le ?? null,
    buckets,
  }
}

/** The share of observations at or below a bound that is a bucket's; NaN for an empty histogram. */
export function shareUpTo({ bounds, counts }: Histogram, bound: number): number {
  const index = bounds.indexOf(bound)
  const total = counts.at(-1) ?? 0
  return index < 0 || total <= 0 ? Number.NaN : (counts[index] ?? 0) / total
}
