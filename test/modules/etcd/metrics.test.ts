import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  countOf,
  deltaOf,
  distributionOf,
  histogramsOf,
  quantileOf,
  shareUpTo,
} from '../../../src/modules/etcd/histogram.ts'
import { answerFrom, type MetricQuestion } from '../../../src/modules/etcd/metric-value.ts'
import { parsePrometheus } from '../../../src/modules/shared/prometheus.ts'
import { fixture } from './fixture.ts'

const scrapeOf = (version: string, when: string) =>
  parsePrometheus(fixture(`metrics/etcd-${version}-leader-${when}.txt`))
const fsync = 'etcd_disk_wal_fsync_duration_seconds'
const commit = 'etcd_disk_backend_commit_duration_seconds'

// Computed independently of this program when the fixtures were recorded.
const expected = [
  ['3.3.27', fsync, { before: 0.000996, during: 0.252591, p99: 0.25472, p50: 0.192, count: 98 }],
  ['3.3.27', commit, { before: 0.001897, during: 0.507853, p99: 0.50944, p50: 0.384, count: 50 }],
  ['3.4.23', fsync, { before: 0.001876, during: 0.253871, p99: 0.26624, p50: 0.192674, count: 96 }],
  ['3.4.23', commit, { before: 0.001969, during: 0.507664, p99: 0.50944, p50: 0.384, count: 49 }],
  ['3.5.16', fsync, { before: 0.00176, during: 0.252473, p99: 0.25472, p50: 0.192, count: 98 }],
  ['3.5.16', commit, { before: 0.0033, during: 0.507648, p99: 0.50944, p50: 0.384, count: 50 }],
] as const

describe.each(expected)('%s %s', (version, name, wanted) => {
  const [before] = histogramsOf(scrapeOf(version, 'before'), name, {})
  const [during] = histogramsOf(scrapeOf(version, 'during-slow'), name, {})
  if (!before || !during) throw new Error('the fixture has no histogram')
  const delta = deltaOf(before, during)
  if (!delta) throw new Error('the fixture goes back')

  test('quantiles are those of the independent computation', () => {
    expect(quantileOf(before, 0.99)).toBeCloseTo(wanted.before, 6)
    expect(quantileOf(during, 0.99)).toBeCloseTo(wanted.during, 6)
    expect(quantileOf(delta, 0.99)).toBeCloseTo(wanted.p99, 6)
    expect(quantileOf(delta, 0.5)).toBeCloseTo(wanted.p50, 6)
    expect(countOf(delta)).toBe(wanted.count)
  })
  test('its distribution is told in milliseconds, without what is empty', () => {
    const told = distributionOf(delta, 1000)
    expect(told).toMatchObject({ p50: expect.closeTo(wanted.p50 * 1000, 2), p99: expect.closeTo(wanted.p99 * 1000, 2) })
    expect(told.buckets.reduce((sum, { count }) => sum + count, 0)).toBe(wanted.count)
    expect(told.buckets.every(({ count }) => count > 0)).toBe(true)
    expect(told.max).toBe(told.buckets.at(-1)?.le)
    expect(told.max).toBeGreaterThanOrEqual(wanted.p99 * 1000)
  })
  test('all were fast before, none was within the window', () => {
    expect(shareUpTo(before, 0.008)).toBe(1)
    expect(shareUpTo(delta, 0.008)).toBe(0)
  })
})

const question = (more: Partial<MetricQuestion> = {}): MetricQuestion => ({
  name: fsync,
  labels: {},
  what: { kind: 'quantile', q: 0.99 },
  across: 'max',
  scale: 1000,
  atLeast: 50,
  sinceStart: 'never',
  ...more,
})
const window = (before: string | undefined, after: string, seconds = 30) => ({
  before: before === undefined ? undefined : parsePrometheus(before),
  after: parsePrometheus(after),
  seconds,
})
const slow = { before: scrapeOf('3.5.16', 'before'), after: scrapeOf('3.5.16', 'during-slow'), seconds: 30 }

test('a quantile is that of the window, scaled', () => {
  expect(answerFrom(slow, question())).toMatchObject({ value: 254.72, count: 98, window_s: 30 })
})
test('too few observations give no value, and say how few', () => {
  expect(answerFrom(slow, question({ atLeast: 100 }))).toMatchObject({
    value: null,
    note: 'only 98 observations in 30 s',
  })
})
test('where asked for, all since the start is taken instead, and told', () => {
  const answer = answerFrom(slow, question({ atLeast: 100, sinceStart: 'fallback' }))
  expect(answer.value).toBeCloseTo(252.473, 3)
  expect(answer.note).toMatch(/^since etcd started \(\d+ observations; only 98 observations in 30 s\)$/)
})
test('the slowest of several peers counts', () => {
  const histogram = (to: string, counts: readonly number[]) =>
    counts.map((count, index) => `rtt_bucket{To="${to}",le="${['0.1', '0.2', '+Inf'][index]}"} ${count}`).join('\n')
  const scrapes = window(undefined, `${histogram('a', [100, 100, 100])}\n${histogram('b', [0, 100, 100])}`)
  const ask = question({ name: 'rtt', what: { kind: 'quantile', q: 0.5 }, sinceStart: 'fallback' })
  expect(answerFrom(scrapes, ask).value).toBe(150)
  expect(answerFrom(scrapes, { ...ask, across: 'sum' }).value).toBe(100)
  expect(answerFrom(scrapes, { ...ask, labels: { To: 'a' } }).value).toBe(50)
})
test('a restart within the window is no negative rate', () => {
  const rate = question({ name: 'c', what: { kind: 'rate', perMs: 3_600_000 }, across: 'sum', scale: 1 })
  expect(answerFrom(window('c 10', 'c 3'), rate)).toMatchObject({
    value: null,
    note: 'etcd was started anew within the window',
  })
  expect(answerFrom(window('h_bucket{le="+Inf"} 9', 'h_bucket{le="+Inf"} 3'), question({ name: 'h' }))).toMatchObject({
    value: null,
  })
})
test('rates are per the time asked for, deltas are not', () => {
  const ask = { ...question({ name: 'c', across: 'sum', scale: 1 }) }
  const scrapes = window('c{a="1"} 10\nc{a="2"} 1', 'c{a="1"} 12\nc{a="2"} 2', 30)
  expect(answerFrom(scrapes, { ...ask, what: { kind: 'rate', perMs: 60_000 } }).value).toBe(6)
  expect(answerFrom(scrapes, { ...ask, what: { kind: 'delta' } }).value).toBe(3)
  expect(answerFrom(scrapes, { ...ask, what: { kind: 'value' } }).value).toBe(14)
})
test('a metric that is not there says so', () => {
  expect(answerFrom(slow, question({ name: 'no_such' }))).toMatchObject({
    value: null,
    note: 'this etcd has no metric no_such',
  })
})

describe('the text format', () => {
  const label = fc.string()
  const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  test('any label value and any number survive', () => {
    fc.assert(
      fc.property(label, fc.double(), (text, value) => {
        const number = Number.isNaN(value)
          ? 'NaN'
          : value === Infinity
            ? '+Inf'
            : value === -Infinity
              ? '-Inf'
              : Object.is(value, -0)
                ? '-0'
                : String(value)
        const [sample] = parsePrometheus(`m{a="${escaped(text)}",b="x",} ${number} 1700000000000`)
        expect(sample?.labels.get('a')).toBe(text)
        expect(sample?.value).toBe(value)
      }),
    )
  })
  test('no text makes it fail, and comments are no samples', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => void parsePrometheus(text)))
    expect(parsePrometheus('# HELP a b\n# TYPE a counter\n\na{ 1\na{b="c} 1\na 0x1\na\n')).toEqual([])
  })
})

describe('a histogram', () => {
  const histogram = fc
    .array(fc.tuple(fc.double({ min: 0.001, max: 100, noNaN: true }), fc.nat(50)), { minLength: 1, maxLength: 12 })
    .map((buckets) => {
      const sorted = [...new Map(buckets)].sort(([a], [b]) => a - b)
      let sum = 0
      const counts = sorted.map(([, count]) => (sum += count))
      return { series: '', bounds: [...sorted.map(([bound]) => bound), Infinity], counts: [...counts, sum + 1] }
    })
  test('its quantiles lie within its bounds and grow with q', () => {
    fc.assert(
      fc.property(
        histogram,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (one, a, b) => {
          const [low, high] = [quantileOf(one, Math.min(a, b)), quantileOf(one, Math.max(a, b))]
          expect(low).toBeLessThanOrEqual(high)
          expect(low).toBeGreaterThanOrEqual(0)
          expect(high).toBeLessThanOrEqual(Math.max(...one.bounds.filter(Number.isFinite)))
        },
      ),
    )
  })
  test('of nothing has no quantile', () => {
    expect(quantileOf({ series: '', bounds: [1, Infinity], counts: [0, 0] }, 0.99)).toBeNaN()
    expect(quantileOf({ series: '', bounds: [], counts: [] }, 0.99)).toBeNaN()
  })
})

test('what lies in the infinite bucket has no bound, and an empty histogram none at all', () => {
  const bounds = [0.001, Infinity]
  expect(distributionOf({ series: '', bounds, counts: [1, 3] }, 1000)).toMatchObject({
    max: null,
    buckets: [
      { le: 1, count: 1 },
      { le: null, count: 2 },
    ],
  })
  expect(distributionOf({ series: '', bounds, counts: [0, 0] }, 1)).toEqual({
    p50: null,
    p99: null,
    max: null,
    buckets: [],
  })
})
