import type { HostName } from '../model/id.ts'
import type { Json } from '../model/json.ts'
import type { BatchSize, Stage } from '../model/runbook.ts'
import { bindFor } from './decide.ts'
import type { Contexts } from './host-context.ts'

/** The hosts of a stage in the order its rolling rule gives now: ascending, inventory order among equals. */
export function orderHosts(stage: Stage, hosts: readonly HostName[], contexts: Contexts): readonly HostName[] {
  const { orderBy } = stage.rolling
  if (!orderBy) return hosts
  const keyed = hosts.map((host) => ({
    host,
    key: bindFor({ contexts, host }, orderBy),
  }))
  return keyed.toSorted((a, b) => compare(a.key, b.key)).map(({ host }) => host)
}

/** The hosts in batches; the last size repeats until all are in one. */
export function makeBatches(hosts: readonly HostName[], sizes: readonly BatchSize[]): readonly (readonly HostName[])[] {
  const batches: (readonly HostName[])[] = []
  for (let start = 0; start < hosts.length; ) {
    const size = countOf(sizes[Math.min(batches.length, sizes.length - 1)] ?? hosts.length, hosts.length)
    batches.push(hosts.slice(start, start + size))
    start += size
  }
  return batches
}

/** Percentages round down, and never below one host. */
const countOf = (size: BatchSize, total: number): number =>
  Math.max(1, typeof size === 'number' ? size : Math.floor((Number.parseFloat(size) * total) / 100))

function compare(a: Json, b: Json): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b)
  return Number(a) - Number(b)
}
