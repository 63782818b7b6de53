import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pairRatios, spreadOf } from '../../bench/statistics.ts'

describe('spread', () => {
  it('takes the mean of the two in the middle of an even count', () => {
    expect(spreadOf([9, 1, 4, 2])).toEqual({ min: 1, median: 3, max: 9 })
  })

  it('has as many values at or below its median as at or above it', () => {
    const figures = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1 })
    fc.assert(
      fc.property(figures, (values) => {
        const { min, median, max } = spreadOf(values)
        const below = values.filter((value) => value <= median).length
        const above = values.filter((value) => value >= median).length
        expect(Math.min(below, above) * 2).toBeGreaterThanOrEqual(values.length)
        expect([min, max]).toEqual([Math.min(...values), Math.max(...values)])
      }),
    )
  })

  it('refuses to tell the spread of nothing', () => {
    expect(() => spreadOf([])).toThrow(RangeError)
  })
})

describe('ratios', () => {
  it('divide round by round, not in sum', () => {
    expect(pairRatios([10, 40], [5, 10])).toEqual([2, 4])
  })

  it('are refused where a round has no partner', () => {
    expect(() => pairRatios([1, 2], [1])).toThrow('2 rounds against 1')
  })
})
