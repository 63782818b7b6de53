import { sh } from '../../model/command.ts'
import { ProblemError } from '../../model/problem.ts'
import type { Runner } from '../../model/transport.ts'
import { type Frame, frameText, parseFrames } from '../shared/frames.ts'
import { etcdScript } from './etcdctl.ts'
import type { EtcdSettings } from './settings-of.ts'
import { unitProperty } from './unit-text.ts'

/** What a member gets of processor and disk as it runs, and what its unit says. */
export type Priority = {
  readonly cgroup: 'v1' | 'v2'
  readonly threads: number
  readonly nice: number | null // of every thread; null: they differ
  readonly io_class: string | null // of every thread; null: they differ, or the host has no ionice
  readonly io_priority: number | null
  readonly cpu_weight: number | null // 1 to 10000, of v1's shares too; null: it has no control group of its own
  readonly io_weight: number | null // null: this kernel has none for it
  readonly oom_score_adj: number
  readonly throttled: number // times that a limit held it up, since its start
  readonly steal_percent: number // of the processors' time in the window
  readonly idle_percent: number
  readonly unit: { readonly nice: number; readonly io_class: string; readonly io_priority: number }
}

/**
 * Looks at every thread: renice and ionice on a process id change its first thread alone, and most of etcd's syncs
 * come from others (research chapter 5).
 */
export async function lookPriority(runner: Runner, settings: EtcdSettings, windowS: number): Promise<Priority> {
  const words = sh`unit=${settings.unit ?? ''} window=${windowS}`
  const reply = await runner.run(etcdScript(settings, lookText, words), { timeoutMs: 60_000 + windowS * 1000 })
  if (reply.code === 0) return parsePriority(parseFrames(reply.stdout))
  throw new ProblemError({
    kind: 'step-failed',
    message: 'cannot look at the priority of etcd',
    detail: reply.stderr.toString('utf8').trim(),
  })
}

/** Exported for tests. */
export function parsePriority(frames: readonly Frame[]): Priority {
  const text = (name: string): string => (frameText(frames, name) ?? '').trim()
  const [isV2, weight] = [text('cgroup') === 'v2', text('weight')]
  const nices = text('nice').split('\n').map(Number)
  const classes = text('ionice').split('\n')
  const [, ioClass = null, ioPriority = null] = /^(\S+?)(?:: prio (\d+))?$/.exec(onlyOne(classes) ?? '') ?? []
  const { steal, idle } = sharesBetween(text('before'), text('after'))
  return {
    cgroup: isV2 ? 'v2' : 'v1',
    threads: nices.length,
    nice: onlyOne(nices) ?? null,
    io_class: ioClass,
    io_priority: ioPriority === null ? null : Number(ioPriority),
    // systemd's own rule between the two scales (cgroup_cpu_weight_to_shares): 100 is 1024.
    cpu_weight: weight === '' ? null : isV2 ? Number(weight) : Math.round((Number(weight) * 100) / 1024),
    io_weight: numberIn(text('ioweight')),
    oom_score_adj: Number(text('oom')),
    throttled: Number(/^nr_throttled (\d+)/m.exec(text('stat'))?.[1] ?? 0),
    steal_percent: steal,
    idle_percent: idle,
    unit: unitOf(text('show')),
  }
}

const onlyOne = <T>(values: readonly T[]): T | undefined => (new Set(values).size === 1 ? values[0] : undefined)

/** `default 100` of v2, `100` of v1. */
const numberIn = (text: string): number | null => (/\d/.test(text) ? Number(/\d+/.exec(text)?.[0]) : null)

const classNames: Readonly<Record<string, string>> = { 0: 'none', 1: 'realtime', 2: 'best-effort', 3: 'idle' }

function unitOf(show: string): Priority['unit'] {
  const ioClass = unitProperty(show, 'IOSchedulingClass') ?? ''
  return {
    nice: Number(unitProperty(show, 'Nice') ?? 0),
    io_class: classNames[ioClass] ?? ioClass,
    io_priority: Number(unitProperty(show, 'IOSchedulingPriority') ?? 0),
  }
}

/** Percent of all processors' time, from two first lines of /proc/stat (proc(5): the fourth is idle, the eighth steal). */
function sharesBetween(before: string, after: string): { readonly steal: number; readonly idle: number } {
  const [from, to] = [before, after].map((line) => line.split(/\s+/).slice(1, 9).map(Number))
  const deltas = (to ?? []).map((value, index) => value - (from?.[index] ?? 0))
  const total = deltas.reduce((sum, value) => sum + value, 0)
  const share = (index: number): number => (total > 0 ? Math.round((1000 * (deltas[index] ?? 0)) / total) / 10 : 0)
  return { steal: share(7), idle: share(3) }
}

// In v1 a weight of the unit's parent is not the unit's.
const lookText = `
for task in /proc/"$pid"/task/*; do sed 's/.*) //' "$task/stat" | cut -d ' ' -f 17; done 2>/dev/null | frame nice
if command -v ionice >/dev/null; then
  for task in /proc/"$pid"/task/*; do ionice -p "\${task##*/}"; done 2>/dev/null | frame ionice
fi
if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
  echo v2 | frame cgroup
  group=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
  frame_file weight "$group/cpu.weight"; frame_file ioweight "$group/io.weight"
else
  echo v1 | frame cgroup
  path() { sed -n "s/^[0-9]*:\\(.*,\\)\\{0,1\\}$1\\(,.*\\)\\{0,1\\}:\\(.*\\)/\\3/p" "/proc/$pid/cgroup"; }
  group=/sys/fs/cgroup/cpu$(path cpu)
  case $group in *"/$unit") frame_file weight "$group/cpu.shares" ;; esac
  for file in blkio.bfq.weight blkio.weight; do
    frame_file ioweight "/sys/fs/cgroup/blkio$(path blkio)/$file" && break
  done
fi
frame_file stat "$group/cpu.stat"
frame oom <"/proc/$pid/oom_score_adj"
[ -z "$unit" ] || systemctl show -p Nice -p IOSchedulingClass -p IOSchedulingPriority -- "$unit" 2>/dev/null | frame show
head -n 1 /proc/stat | frame before
[ "$window" = 0 ] || sleep "$window"
head -n 1 /proc/stat | frame after
exit 0
`
