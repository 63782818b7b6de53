import { type Decision, defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { Duration, durationMs, etcdArgs } from './etcd-args.ts'
import { answerFrom, type MetricAnswer, type MetricQuestion } from './metric-value.ts'
import { type Found, readSettings } from './read-settings.ts'
import { type Scrapes, scrape } from './scrape.ts'

const args = Type.Object(
  {
    ...etcdArgs,
    name: Type.String({ pattern: '^[a-zA-Z_:][a-zA-Z0-9_:]*$', description: 'metric; of a histogram without _bucket' }),
    labels: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'labels that the series must have' }),
    ),
    quantile: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'of a histogram, e.g. 0.99' })),
    rate: Type.Optional(Duration('of a counter: its growth per this long, e.g. 1h')),
    delta: Type.Optional(Type.Literal(true, { description: 'of a counter: its growth in the window' })),
    value: Type.Optional(Type.Literal(true, { description: 'of a gauge or counter: as it is now (the default)' })),
    window: Type.Optional(Duration('time between the two scrapes (default 60s; 0s for none)')),
    scale: Type.Optional(Type.Number({ description: 'the result is multiplied by this, e.g. 1000 for s to ms' })),
    across: Type.Optional(
      Type.Enum(['max', 'sum'], {
        description: 'series together: max (default of quantile) or sum (default of others)',
      }),
    ),
    min_observations: Type.Optional(Type.Integer({ minimum: 1, description: 'fewer give no quantile (default 100)' })),
    since_start: Type.Optional(
      Type.Boolean({
        description: 'where the window saw too little, take all since etcd started, and say so (default false)',
      }),
    ),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>
type State = Extract<Found, { kind: 'none' }> | { readonly kind: 'scraped'; readonly scrapes: Scrapes }

/**
 * A number from the member's own metrics, made of the difference of two scrapes on the host: histograms and counters
 * run since the process started, and what they say of now is only their growth. Too few observations give no number.
 */
export const etcdMetric = defineModule({
  name: 'etcd_metric',
  summary: 'A quantile, rate or value from the metrics of the etcd on this host, measured over a window',
  example: 'etcd_metric: {name: etcd_disk_wal_fsync_duration_seconds, quantile: 0.99, window: 60s, scale: 1000}',
  effect: 'reads',
  args,
  resources: () => ['etcd:metrics'],
  read: async (asked, probe): Promise<State> => {
    const found = await readSettings(asked, probe)
    if (found.kind === 'none') return found
    return { kind: 'scraped', scrapes: await scrape(probe, found.settings, windowOf(asked)) }
  },
  plan: (asked, state: State): Decision => {
    if (state.kind === 'none') return { kind: 'blocked', message: state.message, hint: state.hint }
    const question = questionOf(asked)
    if (typeof question === 'string') return { kind: 'blocked', message: question }
    const answer = answerFrom(state.scrapes, question)
    return { kind: 'noop', summary: lineOf(asked, answer), output: answer }
  },
})

const windowOf = ({ window, quantile, rate, delta, value }: Args): number => {
  const isNow = value === true || (quantile === undefined && rate === undefined && delta === undefined)
  return isNow ? 0 : durationMs(window ?? '60s')
}

function questionOf(asked: Args): MetricQuestion | string {
  const { name, labels = {}, quantile, rate, delta, value, scale = 1 } = asked
  if ([quantile, rate, delta, value].filter((one) => one !== undefined).length > 1)
    return 'give only one of quantile, rate, delta and value'
  const isGrowth = rate !== undefined || delta !== undefined
  if (isGrowth && windowOf(asked) === 0) return 'a rate needs a window longer than 0s'
  const common = {
    name,
    labels,
    scale,
    atLeast: asked.min_observations ?? 100,
    sinceStart: asked.since_start ? ('fallback' as const) : ('never' as const),
  }
  if (quantile !== undefined)
    return { ...common, what: { kind: 'quantile', q: quantile }, across: asked.across ?? 'max' }
  const across = asked.across ?? 'sum'
  if (rate !== undefined) return { ...common, what: { kind: 'rate', perMs: durationMs(rate) }, across }
  return { ...common, what: { kind: delta ? 'delta' : 'value' }, across }
}

function lineOf({ name, quantile, rate }: Args, { value, note }: MetricAnswer): string {
  const what =
    quantile === undefined ? (rate === undefined ? name : `${name} per ${rate}`) : `p${quantile * 100} of ${name}`
  return `${what}: ${value ?? 'no value'}${note === undefined ? '' : ` (${note})`}`
}
