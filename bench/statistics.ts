/** The spread of some figures. */
export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** Smallest, middle (of an even count: the mean of the two in the middle) and largest; RangeError without any value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const [min, max] = [sorted[0], sorted.at(-1)]
  const low = sorted[Math.floor((sorted.length - 1) / 2)]
  const high = sorted[Math.floor(sorted.length / 2)]
  if (min === undefined || max === undefined || low === undefined || high === undefined)
    throw new RangeError('no values, no spread')
  return { min, median: (low + high) / 2, max }
}

/** Each value divided by its partner of the same round; RangeError when the rounds do not pair up. */
export function pairRatios(values: readonly number[], partners: readonly number[]): readonly number[] {
  if (values.length !== partners.length) throw new RangeError(`${values.length} rounds against ${partners.length}`)
  return values.map((value, round) => value / (partners[round] ?? Number.NaN))
}
