import { isObject } from '../../model/json.ts'

/** How long syncs took, in ms; null where nothing could be told. Names are those of the module's output. */
export type FsyncTimes = {
  readonly by: string // what took the times: "fio 3.33", "dd fdatasync"
  readonly count: number
  readonly p50_ms: number | null
  readonly p99_ms: number | null
  readonly max_ms: number | null
  readonly file_system: string | null
  readonly free_mib: number
}

/** Times from what the script printed (fsync-probe-text.ts). */
export function parseFsyncTimes(printed: string): FsyncTimes {
  const said = (what: string): string | undefined => new RegExp(`^${what} (.+)$`, 'm').exec(printed)?.[1]
  const by = said('by') ?? ''
  return {
    by,
    ...(by.startsWith('fio') ? ofFio(printed) : ofSamples(timesIn(printed))),
    file_system: said('system') ?? null,
    free_mib: Math.floor(Number(said('free') ?? 0) / 1024),
  }
}

type Times = Pick<FsyncTimes, 'count' | 'p50_ms' | 'p99_ms' | 'max_ms'>

const unknown: Times = { count: 0, p50_ms: null, p99_ms: null, max_ms: null }

/** `jobs[0].sync.lat_ns`, since fio 3.5; its `total_ios` is 0 in 3.33, `N` is right. */
function ofFio(printed: string): Times {
  const sync = latencyIn(printed.slice(printed.indexOf('\n{') + 1))
  const at = (share: string): number | null => msOf(isObject(sync?.percentile) ? sync.percentile[share] : undefined)
  if (!sync || typeof sync.N !== 'number') return unknown
  return { count: sync.N, p50_ms: at('50.000000'), p99_ms: at('99.000000'), max_ms: msOf(sync.max) }
}

function latencyIn(text: string): { readonly [key: string]: unknown } | undefined {
  try {
    const said: unknown = JSON.parse(text)
    const job: unknown = isObject(said) && Array.isArray(said.jobs) ? said.jobs[0] : undefined
    const sync = isObject(job) ? job.sync : undefined
    return isObject(sync) && isObject(sync.lat_ns) ? sync.lat_ns : undefined
  } catch {
    return undefined
  }
}

const msOf = (nanoseconds: unknown): number | null =>
  typeof nanoseconds === 'number' ? rounded(nanoseconds / 1e6) : null

const timesIn = (printed: string): readonly number[] =>
  [...printed.matchAll(/^time ([\d.e+-]+)$/gm)].map(([, seconds]) => Number(seconds) * 1000)

/** The smallest time that at least that share of all are not above. */
function ofSamples(times: readonly number[]): Times {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (q: number): number | null => msOrNull(sorted[Math.ceil(q * sorted.length) - 1])
  return { count: sorted.length, p50_ms: at(0.5), p99_ms: at(0.99), max_ms: msOrNull(sorted.at(-1)) }
}

const msOrNull = (ms: number | undefined): number | null => (ms === undefined ? null : rounded(ms))

const rounded = (ms: number): number => Number(ms.toPrecision(4))
