/** How times lie: exact count and worst, quantiles to within half a percent, in memory that does not grow with their number. */
export interface Spread {
  readonly count: number
  readonly p50_ms: number
  readonly p99_ms: number
  readonly worst_ms: number
}

/** Times as they come. */
export interface SpreadBuilder {
  readonly buckets: Map<number, number>
  count: number
  worst: number
}

const STEP = Math.log(1.01) // a bucket is one percent wide

export const newSpread = (): SpreadBuilder => ({ buckets: new Map(), count: 0, worst: 0 })

export function addTime(spread: SpreadBuilder, ms: number): void {
  const bucket = Math.round(Math.log(Math.max(ms, 1e-6)) / STEP)
  spread.buckets.set(bucket, (spread.buckets.get(bucket) ?? 0) + 1)
  spread.count += 1
  spread.worst = Math.max(spread.worst, ms)
}

export const spreadOf = (spread: SpreadBuilder): Spread => ({
  count: spread.count,
  p50_ms: quantile(spread, 0.5),
  p99_ms: quantile(spread, 0.99),
  worst_ms: rounded(spread.worst),
})

/** The smallest time that at least a share `q` of all are not above. */
function quantile({ buckets, count, worst }: SpreadBuilder, q: number): number {
  const rank = Math.ceil(q * count)
  let seen = 0
  for (const [bucket, many] of [...buckets].toSorted(([a], [b]) => a - b)) {
    seen += many
    if (seen >= rank) return rounded(Math.min(Math.exp(bucket * STEP), worst))
  }
  return rounded(worst)
}

const rounded = (ms: number): number => Number(ms.toPrecision(4))
