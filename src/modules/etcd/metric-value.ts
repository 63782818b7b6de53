import type { Json } from '../../model/json.ts'
import { type Sample, samplesOf, seriesKey } from '../shared/prometheus.ts'
import { countOf, deltaOf, distributionOf, type Histogram, histogramsOf, quantileOf } from './histogram.ts'
import type { Scrapes } from './scrape.ts'

/** What is to be made of a metric. */
export interface MetricQuestion {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly what:
    | { readonly kind: 'value' | 'delta' }
    | { readonly kind: 'rate'; readonly perMs: number }
    | { readonly kind: 'quantile'; readonly q: number }
  readonly across: 'max' | 'sum' // of series with different labels
  readonly scale: number
  readonly atLeast: number // observations below which a quantile means nothing
  readonly sinceStart: 'fallback' | 'never' // take what was observed since etcd started, where the window saw too little
}

/** The answer; `value` null with a note where there is too little to say. */
export type MetricAnswer = {
  readonly value: number | null
  readonly count: number // observations, or series for counters and gauges
  readonly window_s: number
  readonly note?: string
  readonly evidence: Json
}

/** Answers from one or two scrapes; pure. */
export function answerFrom(scrapes: Scrapes, question: MetricQuestion): MetricAnswer {
  const { what } = question
  if (what.kind === 'quantile') return quantileAnswer(scrapes, { ...question, q: what.q })
  return counterAnswer(scrapes, question)
}

function quantileAnswer(scrapes: Scrapes, question: MetricQuestion & { readonly q: number }): MetricAnswer {
  const { name, labels, atLeast, sinceStart } = question
  const whole = histogramsOf(scrapes.after, name, labels)
  if (whole.length === 0) return nothing(scrapes, absence(name))
  const window = scrapes.before ? inWindow(scrapes.before, whole, question) : []
  if (window === undefined) return nothing(scrapes, restarted)
  const seen = total(window)
  const few = `only ${seen} observations in ${round(scrapes.seconds)} s`
  if (seen >= atLeast && scrapes.before) return quantiles(scrapes, question, { histograms: window })
  if (sinceStart === 'never') return nothing(scrapes, few, seen)
  const since = `since etcd started (${total(whole)} observations${scrapes.before ? `; ${few}` : ''})`
  if (total(whole) < atLeast) return nothing(scrapes, `${few} and ${total(whole)} since etcd started`, total(whole))
  return quantiles(scrapes, question, { histograms: whole, note: since })
}

const restarted = 'etcd was started anew within the window'
const absence = (name: string): string => `this etcd has no metric ${name}`
const total = (histograms: readonly Histogram[]): number => histograms.reduce((sum, one) => sum + countOf(one), 0)

function inWindow(
  before: readonly Sample[],
  whole: readonly Histogram[],
  { name, labels }: MetricQuestion,
): readonly Histogram[] | undefined {
  const earlier = histogramsOf(before, name, labels)
  const deltas = whole.map((after) =>
    deltaOf(
      earlier.find((one) => one.series === after.series),
      after,
    ),
  )
  return deltas.every((delta) => delta !== undefined) ? deltas : undefined
}

/** The worst series, or all as one; a series with no observation has no say. */
function quantiles(
  scrapes: Scrapes,
  { q, across, scale }: MetricQuestion & { readonly q: number },
  { histograms, note }: { readonly histograms: readonly Histogram[]; readonly note?: string },
): MetricAnswer {
  const chosen = across === 'sum' ? merged(histograms) : histograms.filter((one) => countOf(one) > 0)
  const each = chosen.map((one) => ({
    series: one.series,
    count: countOf(one),
    value: round(quantileOf(one, q) * scale),
    ...distributionOf(one, scale),
  }))
  return {
    value: each.length === 0 ? null : Math.max(...each.map((one) => one.value)),
    count: total(histograms),
    window_s: round(scrapes.seconds),
    ...(note === undefined ? {} : { note }),
    evidence: each,
  }
}

function merged(histograms: readonly Histogram[]): readonly Histogram[] {
  const [first] = histograms
  if (!first) return []
  const counts = first.bounds.map((bound) =>
    histograms.reduce((sum, one) => sum + (one.counts[one.bounds.indexOf(bound)] ?? 0), 0),
  )
  return [{ series: 'all', bounds: first.bounds, counts }]
}

function counterAnswer(scrapes: Scrapes, question: MetricQuestion): MetricAnswer {
  const { name, labels, what, across, scale } = question
  const after = samplesOf(scrapes.after, name, labels)
  if (after.length === 0) return nothing(scrapes, absence(name))
  const before = new Map(samplesOf(scrapes.before ?? [], name, labels).map((one) => [seriesKey(one), one.value]))
  const values = after.map((one) => (what.kind === 'value' ? one.value : one.value - (before.get(seriesKey(one)) ?? 0)))
  if (what.kind !== 'value' && values.some((value) => value < 0)) return nothing(scrapes, restarted)
  const one = across === 'sum' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values)
  const per = what.kind === 'rate' ? what.perMs / 1000 / scrapes.seconds : 1
  const evidence = after.map((sample, index) => ({ series: seriesKey(sample), value: values[index] ?? 0 }))
  const value = round(one * per * scale)
  return {
    value: Number.isFinite(value) ? value : null,
    count: after.length,
    window_s: round(scrapes.seconds),
    evidence,
  }
}

const nothing = (scrapes: Scrapes, note: string, count = 0): MetricAnswer => ({
  value: null,
  count,
  window_s: round(scrapes.seconds),
  note,
  evidence: null,
})

/** Six significant digits: more than a histogram can tell, and no noise of binary fractions. */
const round = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(6)) : value)
