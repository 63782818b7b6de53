import { type Sample, samplesOf, seriesKey } from '../shared/prometheus.ts'

/** Requests of one kind that an API server answered within a window. */
export type RequestKind = {
  readonly verb: string
  readonly resource: string // with its subresource; a path where there is none
  readonly scope: string
  readonly per_s: number
  readonly busy: number // how many of it were being answered at a time, on average
}

/** What an API server was asked for within a window. */
export type RequestRates = {
  readonly per_s: number
  readonly failed_per_s: number // answered with 429 or 5xx
  readonly kinds: readonly RequestKind[] // most busy first
  /** The LISTs: their share of the time of all requests, %, and the kind that takes most of it; absent where there was none. */
  readonly lists?: { readonly busy_share: number } & Omit<RequestKind, 'verb'>
  readonly flows: readonly { readonly name: string; readonly per_s: number }[] // by flow schema of priority and fairness
  readonly inflight: { readonly readOnly: number; readonly mutating: number }
  readonly long_running: readonly { readonly name: string; readonly count: number }[] // watches and streams, as they are now
}

/** Names in the API server's own metrics that are looked at; `longrunning_requests` is what `_gauge` became in 1.23. */
export const REQUEST_METRICS =
  'process_start_time_seconds|apiserver_(request_total|request_duration_seconds_(sum|count)|current_inflight_requests|longrunning_(gauge|requests)|flowcontrol_dispatched_requests_total)'

/** The difference of two looks at the metrics; undefined where they are not of the same process. */
export function requestRates(
  before: readonly Sample[],
  after: readonly Sample[],
  seconds: number,
): RequestRates | undefined {
  const startOf = (samples: readonly Sample[]) => samplesOf(samples, 'process_start_time_seconds', {})[0]?.value
  if (startOf(after) === undefined || startOf(before) !== startOf(after) || seconds <= 0) return undefined
  const grown = growthOf(before, after)
  const totals = grown('apiserver_request_total').filter(isShort)
  const kinds = kindsOf(grown, seconds)
  const lists = kinds.filter(({ verb }) => verb === 'LIST')
  const perS = (samples: readonly Sample[]): number => round(sum(samples.map(({ value }) => value)) / seconds)
  const inflight = (kind: string): number =>
    sum(samplesOf(after, 'apiserver_current_inflight_requests', { request_kind: kind }).map(({ value }) => value))
  return {
    per_s: perS(totals),
    failed_per_s: perS(totals.filter(({ labels }) => /^(429|5\d\d)$/.test(labels.get('code') ?? ''))),
    kinds: kinds.slice(0, shown).map(roundedKind),
    ...(lists[0] ? { lists: { busy_share: share(lists, kinds), ...listed(lists[0]) } } : {}),
    flows: ranked(
      grown('apiserver_flowcontrol_dispatched_requests_total'),
      ({ labels }) => labels.get('flow_schema') ?? '',
    ).map(({ name, value }) => ({ name, per_s: round(value / seconds) })),
    inflight: { readOnly: inflight('readOnly'), mutating: inflight('mutating') },
    long_running: ranked(
      after.filter(({ name }) => /^apiserver_longrunning_(gauge|requests)$/.test(name)),
      (one) => `${one.labels.get('verb') ?? ''} ${resourceOf(one)}`,
    ).map(({ name, value }) => ({ name, count: value })),
  }
}

const shown = 5
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)
const round = (value: number): number => Math.round(value * 100) / 100

const roundedKind = (kind: RequestKind): RequestKind => ({ ...kind, per_s: round(kind.per_s), busy: round(kind.busy) })

function listed(kind: RequestKind): Omit<RequestKind, 'verb'> {
  const { verb: _, ...rest } = roundedKind(kind)
  return rest
}

const share = (some: readonly RequestKind[], all: readonly RequestKind[]): number => {
  const busy = sum(all.map((kind) => kind.busy))
  return busy === 0 ? 0 : Math.round((sum(some.map((kind) => kind.busy)) / busy) * 1000) / 10
}

/** Watches and streams count when they end, with the time of all their life. */
const isShort = ({ labels }: Sample): boolean => !/^(WATCH|WATCHLIST|CONNECT|PROXY)$/.test(labels.get('verb') ?? '')

/** Of a counter, each series by what it grew; one that is new by all of it. */
function growthOf(before: readonly Sample[], after: readonly Sample[]): (name: string) => readonly Sample[] {
  const earlier = new Map(before.map((one) => [`${one.name} ${seriesKey(one)}`, one.value]))
  return (name) =>
    samplesOf(after, name, {}).map((one) => ({
      ...one,
      value: Math.max(0, one.value - (earlier.get(`${name} ${seriesKey(one)}`) ?? 0)),
    }))
}

function kindsOf(grown: (name: string) => readonly Sample[], seconds: number): readonly RequestKind[] {
  const keyOf = (one: Sample): string =>
    JSON.stringify([one.labels.get('verb'), resourceOf(one), one.labels.get('scope')])
  const times = Map.groupBy(grown('apiserver_request_duration_seconds_sum').filter(isShort), keyOf)
  const counts = Map.groupBy(grown('apiserver_request_duration_seconds_count').filter(isShort), keyOf)
  const rate = (samples: readonly Sample[] = []): number => sum(samples.map(({ value }) => value)) / seconds
  return [...counts]
    .flatMap(([key, [first, ...rest]]) =>
      first
        ? [
            {
              verb: first.labels.get('verb') ?? '',
              resource: resourceOf(first),
              scope: first.labels.get('scope') ?? '',
              per_s: rate([first, ...rest]),
              busy: rate(times.get(key)),
            },
          ]
        : [],
    )
    .filter((kind) => kind.per_s > 0)
    .toSorted((a, b) => b.busy - a.busy || b.per_s - a.per_s)
}

const resourceOf = ({ labels }: Sample): string =>
  [labels.get('resource') ?? '', labels.get('subresource') ?? ''].filter((part) => part !== '').join('/')

function ranked(samples: readonly Sample[], nameOf: (sample: Sample) => string) {
  return [...Map.groupBy(samples, nameOf)]
    .map(([name, own]) => ({ name, value: sum(own.map(({ value }) => value)) }))
    .filter(({ value }) => value > 0)
    .toSorted((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1))
    .slice(0, shown)
}
