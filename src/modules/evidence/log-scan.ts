import type { Json, JsonObject } from '../../model/json.ts'
import { type Decision, defineModule, type Probe } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs, PathArgument } from '../shared/argument.ts'
import { failureOf, missingTool, scriptWith } from '../shared/host-script.ts'
import { logScanText, noTool } from './log-scan-text.ts'

const Text = Type.String({ minLength: 3, maxLength: 200, pattern: '^[^\\u0000-\\u001f]*$' })
const Name = (description: string) =>
  Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.@-]*$', description }))

const args = Type.Object(
  {
    unit: Name('systemd unit whose journal is read'),
    file: Type.Optional(PathArgument('log file whose last lines are read, whatever their age')),
    docker: Name('container of docker'),
    crictl: Name('name of a container, by crictl'),
    kubectl: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9-]+/[a-z0-9][a-z0-9.-]*$',
        description: 'namespace/pod, by kubectl of the host',
      }),
    ),
    since: Type.Optional(DurationArgument('how far back, default 1h')),
    max_lines: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'newest lines that are looked at, default 100000' }),
    ),
    samples: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 20, description: 'lines kept of each kind, default 2' }),
    ),
    look_for: Type.Record(
      Type.String({ pattern: '^[a-z_][a-z0-9_]*$' }),
      Type.Union([Text, Type.Array(Text, { minItems: 1, maxItems: 10 })]),
      { minProperties: 1, maxProperties: 20, description: 'kinds of lines by name: texts, in which * is anything' },
    ),
    value: Type.Optional(Type.String({ description: 'name of the kind whose count is the number' })),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

const SOURCES = ['unit', 'file', 'docker', 'crictl', 'kubectl'] as const

/** Counts kinds of lines on the host itself: what crosses the wire are counts, times and a few samples. */
export const logScan = defineModule<typeof args, string | null>({
  name: 'log_scan',
  summary: 'Counts kinds of lines in a log on the host (journal, file, docker, crictl, kubectl), with times inside',
  effect: 'reads',
  args,
  example: 'log_scan: {unit: etcd, since: 1h, look_for: {slow_apply: took too long (*) to execute}}',
  resources: (asked) => [`log:${SOURCES.map((source) => asked[source] ?? '').join('')}`],
  read: readCounts,
  plan: (asked, counted): Decision => {
    if (counted === null) return { kind: 'blocked', message: `log_scan takes exactly one of ${SOURCES.join(', ')}` }
    if (asked.value !== undefined && !Object.hasOwn(asked.look_for, asked.value))
      return { kind: 'blocked', message: `log_scan looks for no ${asked.value}` }
    const output = outputOf(asked, counted)
    return { kind: 'noop', summary: lineOf(asked, output), output }
  },
})

async function readCounts(asked: Args, probe: Probe): Promise<string | null> {
  const given = SOURCES.filter((one) => asked[one] !== undefined)
  const [source] = given
  if (source === undefined || given.length > 1) return null
  const patterns = Object.entries(asked.look_for).map(([name, texts]) => `${name}\t${patternOf(texts)}\n`)
  const variables = {
    source,
    subject: asked[source] ?? '',
    since: String(Math.ceil(durationMs(asked.since ?? '1h') / 1000)),
    lines: String(asked.max_lines ?? 100_000),
    samples: String(asked.samples ?? 2),
    patterns: patterns.join(''),
  }
  const reply = await probe.run(scriptWith(variables, logScanText), {
    timeoutMs: 120_000,
    label: `log_scan of ${source} ${variables.subject}`,
  })
  if (reply.code === noTool) throw missingTool(reply.stderr.toString('utf8').trim(), 'read this log')
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `reading the log of ${source} ${variables.subject}`))
  return reply.stdout.toString('utf8')
}

/** One POSIX regular expression for texts in which `*` is anything. */
function patternOf(texts: string | readonly string[]): string {
  const all = typeof texts === 'string' ? [texts] : texts
  return all.map((text) => text.split('*').map(literal).join('.*')).join('|')
}

const literal = (text: string): string =>
  text.replaceAll(/[^A-Za-z0-9 _,;:'"<>=@%&!~`#/-]/g, (one) => `[${one}]`).replaceAll(/\[([\\^])\]/g, '\\$1')

/** The lines of the script: `lines N`, `kind NAME COUNT WORST_MS`, `bucket NAME B COUNT`, `sample NAME TEXT`. */
function outputOf({ look_for, value, since = '1h', max_lines = 100_000 }: Args, counted: string): JsonObject {
  const rows = counted.split('\n').map((line) => line.split('\t'))
  const lines = Number(rows.find(([what]) => what === 'lines')?.[1] ?? 0)
  const kinds: Record<string, Kind> = Object.fromEntries(
    Object.keys(look_for).map((name) => [name, kindOf(rows, name)]),
  )
  const seen = { lines, truncated: lines >= max_lines, since, kinds }
  if (value === undefined) return seen
  const kind = kinds[value]
  const note = lines === 0 ? `no lines at all in the last ${since}` : kind?.text
  return { value: lines === 0 ? null : (kind?.count ?? 0), ...(note ? { note } : {}), ...seen }
}

type Kind = {
  readonly count: number
  readonly p50_ms: number | null
  readonly p99_ms: number | null
  readonly worst_ms: number | null
  readonly text: string // times in words; empty where the lines tell none
  readonly samples: readonly string[]
}

function kindOf(rows: readonly (readonly string[])[], name: string): Kind {
  const own = (what: string) => rows.filter(([kind, of]) => kind === what && of === name)
  const [, , count = '0', worst = '0'] = own('kind')[0] ?? []
  const buckets = own('bucket')
    .map(([, , bucket, many]): readonly [number, number] => [Number(bucket), Number(many)])
    .toSorted(([a], [b]) => a - b)
  const worstMs = buckets.length === 0 ? null : rounded(Number(worst))
  const at = (q: number): number | null => (worstMs === null ? null : Math.min(worstMs, quantile(buckets, q)))
  const [p50, p99] = [at(0.5), at(0.99)]
  return {
    count: Number(count),
    p50_ms: p50,
    p99_ms: p99,
    worst_ms: worstMs,
    text: worstMs === null ? '' : `p99 ${p99} ms, worst ${worstMs} ms`,
    samples: own('sample').map(([, , ...rest]) => rest.join('\t')),
  }
}

/** Buckets are one percent wide: logarithms to the base 1.01. */
function quantile(buckets: readonly (readonly [bucket: number, count: number])[], q: number): number {
  const rank = Math.ceil(q * buckets.reduce((sum, [, count]) => sum + count, 0))
  let seen = 0
  for (const [bucket, count] of buckets) {
    seen += count
    if (seen >= rank) return rounded(1.01 ** bucket)
  }
  return 0
}

const rounded = (ms: number): number => Number(ms.toPrecision(3)) // as fine as the buckets

function lineOf({ look_for, value }: Args, { lines, kinds }: JsonObject): string {
  const names = value === undefined ? Object.keys(look_for) : [value]
  const all = (kinds ?? {}) as { readonly [name: string]: Json } // sealed: outputOf makes it an object
  const counts = names.map((name) => `${name}: ${(all[name] as Kind | undefined)?.count ?? 0}`) // sealed: as above
  return `${counts.join(', ')} in ${lines} lines`
}
