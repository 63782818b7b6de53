/** What two looks at the kernel's counters say of the time between them. Names are those of the module's output. */

/** Shares of the processors' time, in percent (/proc/stat; proc(5)). */
export type CpuShares = {
  readonly user: number
  readonly nice: number
  readonly system: number
  readonly idle: number
  readonly iowait: number
  readonly irq: number
  readonly softirq: number
  readonly steal: number
}

/** One device (/proc/diskstats; Documentation/admin-guide/iostats.rst of the kernel). Times in ms; null where nothing was done. */
export type DeviceLoad = {
  readonly name: string
  readonly number: string // major:minor
  readonly reads_per_s: number
  readonly writes_per_s: number
  readonly flushes_per_s: number | null // kernels before 5.5 do not count them
  readonly read_kb_per_s: number
  readonly written_kb_per_s: number
  readonly await_ms: number | null
  readonly read_await_ms: number | null
  readonly write_await_ms: number | null
  readonly flush_await_ms: number | null
  readonly utilisation: number // percent of the time with anything under way: busy, not saturated
  readonly queue: number // requests under way, on average
}

const CPU_FIELDS = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const

/** Undefined where either text has no counters, or no time passed. Guest time is part of user already. */
export function cpuShares(before: string, after: string): CpuShares | undefined {
  const [first, second] = [cpuTimes(before), cpuTimes(after)]
  if (!first || !second) return undefined
  // Counters of a processor may step back a little; that is no time.
  const deltas = CPU_FIELDS.map((_, at) => Math.max(0, (second[at] ?? 0) - (first[at] ?? 0)))
  const all = deltas.reduce((sum, delta) => sum + delta, 0)
  if (all === 0) return undefined
  const share = (field: (typeof CPU_FIELDS)[number]): number =>
    round((100 * (deltas[CPU_FIELDS.indexOf(field)] ?? 0)) / all)
  return {
    user: share('user'),
    nice: share('nice'),
    system: share('system'),
    idle: share('idle'),
    iowait: share('iowait'),
    irq: share('irq'),
    softirq: share('softirq'),
    steal: share('steal'),
  }
}

const cpuTimes = (text: string): readonly number[] | undefined =>
  /^cpu +([\d ]+)$/m.exec(text)?.[1]?.split(' ').map(Number)

/** Devices that were there both times, in the kernel's order. */
export function deviceLoads(before: string, after: string, seconds: number): readonly DeviceLoad[] {
  const earlier = new Map(rowsOf(before).map((row) => [row.number, row]))
  return rowsOf(after).flatMap((row) => {
    const first = earlier.get(row.number)
    return first && seconds > 0 ? [loadOf(row, differences(first.counts, row.counts), seconds)] : []
  })
}

interface Row {
  readonly name: string
  readonly number: string
  readonly counts: readonly number[] // the first is that of completed reads
}

const rowsOf = (text: string): readonly Row[] =>
  text.split('\n').flatMap((line) => {
    const [major, minor, name, ...counts] = line.trim().split(/\s+/)
    return name === undefined || counts.length < 11
      ? []
      : [{ name, number: `${major}:${minor}`, counts: counts.map(Number) }]
  })

/** Counters are 32 bits wide on old kernels, and some wrap. */
const differences = (first: readonly number[], second: readonly number[]): readonly number[] =>
  second.map((value, at) => {
    const delta = value - (first[at] ?? 0)
    return delta >= 0 ? delta : delta + 2 ** 32
  })

const SECTOR = 512 // bytes, whatever the device's own are
const FLUSHES = 15 // place of the first of two fields that 5.5 added

function loadOf({ name, number, counts }: Row, delta: readonly number[], seconds: number): DeviceLoad {
  const of = (at: number): number => delta[at] ?? 0
  const [reads, readMs, writes, writeMs] = [of(0), of(3), of(4), of(7)]
  const [busyMs, weightedMs] = [of(9), of(10)]
  const hasFlushes = counts.length > FLUSHES + 1
  const [flushes, flushMs] = [of(FLUSHES), of(FLUSHES + 1)]
  return {
    name,
    number,
    reads_per_s: round(reads / seconds),
    writes_per_s: round(writes / seconds),
    flushes_per_s: hasFlushes ? round(flushes / seconds) : null,
    read_kb_per_s: round((of(2) * SECTOR) / 1000 / seconds),
    written_kb_per_s: round((of(6) * SECTOR) / 1000 / seconds),
    await_ms: each(readMs + writeMs, reads + writes),
    read_await_ms: each(readMs, reads),
    write_await_ms: each(writeMs, writes),
    flush_await_ms: each(flushMs, flushes),
    utilisation: round(Math.min(100, busyMs / 10 / seconds)),
    queue: round(weightedMs / 1000 / seconds),
  }
}

const each = (ms: number, count: number): number | null => (count === 0 ? null : round(ms / count))

/** Percent of the time in which some task waited for a resource (PSI, Documentation/accounting/psi.rst); null where the kernel has none. */
export function pressureShare(before: string, after: string, seconds: number): number | null {
  const total = (text: string): number | undefined => {
    const found = /^some .*total=(\d+)/m.exec(text)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const [first, second] = [total(before), total(after)]
  return first === undefined || second === undefined || seconds <= 0 ? null : round((second - first) / 10_000 / seconds)
}

/** Percent of the periods in which a group of processes used up its limit of processor time (cpu.stat); null without a limit. */
export function throttledShare(before: string, after: string): number | null {
  const count = (text: string, name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  const periods = count(after, 'nr_periods') - count(before, 'nr_periods')
  return periods > 0 ? round((100 * (count(after, 'nr_throttled') - count(before, 'nr_throttled'))) / periods) : null
}

/**
 * How long a thread of a process waits for a processor each time it wants one, ms, on average over those that were there both times
 * (/proc/PID/task/TID/schedstat; Documentation/scheduler/sched-stats.rst). Null where none ran.
 */
export function meanRunDelay(before: string, after: string): number | null {
  const first = new Map(threadTimes(before).map((thread) => [thread.id, thread]))
  const deltas = threadTimes(after).flatMap(({ id, waited, runs }) => {
    const then = first.get(id)
    return then ? [{ waited: waited - then.waited, runs: runs - then.runs }] : []
  })
  const waitedNs = deltas.reduce((sum, { waited }) => sum + waited, 0)
  const runs = deltas.reduce((sum, delta) => sum + delta.runs, 0)
  return runs > 0 ? round(waitedNs / 1e6 / runs) : null
}

const threadTimes = (text: string) =>
  [...text.matchAll(/^\/proc\/\d+\/task\/(\d+)\/schedstat:\d+ (\d+) (\d+)$/gm)].map(([, id, waited, runs]) => ({
    id,
    waited: Number(waited), // ns
    runs: Number(runs),
  }))

/** What a process had read from and written to devices meanwhile (proc_pid_io(5)). */
export type ProcessLoad = {
  readonly pid: number
  readonly name: string
  readonly read_kb_per_s: number
  readonly written_kb_per_s: number
}

/** The processes that moved most, at most `most`; those that came or went meanwhile are not among them. */
export function processLoads(
  { before, after, names }: { readonly before: string; readonly after: string; readonly names: string },
  { seconds, most }: { readonly seconds: number; readonly most: number },
): readonly ProcessLoad[] {
  const [first, second] = [bytesOf(before), bytesOf(after)]
  const nameOf = new Map(
    [...names.matchAll(/^\/proc\/(\d+)\/comm:(.*)$/gm)].map(([, pid, name]) => [Number(pid), name]),
  )
  return [...second]
    .flatMap(([pid, now]) => {
      const then = first.get(pid)
      if (!then || seconds <= 0) return []
      const perSecond = (kind: 'read' | 'write') =>
        round(Math.max(0, (now[kind] ?? 0) - (then[kind] ?? 0)) / 1000 / seconds)
      return [
        { pid, name: nameOf.get(pid) ?? '', read_kb_per_s: perSecond('read'), written_kb_per_s: perSecond('write') },
      ]
    })
    .filter((one) => movedBy(one) > 0)
    .toSorted((a, b) => movedBy(b) - movedBy(a))
    .slice(0, most)
}

const movedBy = ({ read_kb_per_s, written_kb_per_s }: ProcessLoad): number => read_kb_per_s + written_kb_per_s

function bytesOf(text: string): ReadonlyMap<number, { read?: number; write?: number }> {
  const found = new Map<number, { read?: number; write?: number }>()
  for (const [, pid, kind, bytes] of text.matchAll(/^\/proc\/(\d+)\/io:(read|write)_bytes: (\d+)$/gm)) {
    const one = found.get(Number(pid)) ?? {}
    one[kind === 'read' ? 'read' : 'write'] = Number(bytes)
    found.set(Number(pid), one)
  }
  return found
}

/** The device (major:minor, and the name of its source) of the file system that holds an absolute path, from mountinfo. */
export function deviceOf(
  mountinfo: string,
  path: string,
): { readonly number: string; readonly source: string } | undefined {
  const holding = mountinfo.split('\n').flatMap((line) => {
    const [, , number = '', , point = '', ...rest] = line.split(' ')
    const at = point.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    const source = rest[rest.indexOf('-') + 2] ?? ''
    const holds = at === '/' ? path.startsWith('/') : path === at || path.startsWith(`${at}/`)
    return at !== '' && holds ? [{ number, source, length: at.length }] : []
  })
  return holding.toSorted((a, b) => a.length - b.length).at(-1)
}

/** What a disk (or the disk of a partition) hangs on, and its model, from lines "name, tab, its place in /sys/devices, tab, model". */
export function busOf(text: string, device: string): { readonly bus: string | null; readonly model: string | null } {
  const rows = text.split('\n').map((line) => line.split('\t'))
  const own = rows
    .filter(([name = '']) => name !== '' && device.startsWith(name))
    .toSorted(([a = ''], [b = '']) => a.length - b.length)
  const [, place = '', model = ''] = own.at(-1) ?? []
  const bus = /\/(ata|virtio|nvme|usb|xen|vmbus)/i.exec(place)?.[1]?.toLowerCase() ?? null
  return { bus, model: model.trim() === '' ? null : model.trim() }
}

const round = (value: number): number => Number(value.toPrecision(4))
