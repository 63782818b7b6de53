import { type Command, rawText, script, sh } from '../../model/command.ts'
import type { JsonObject } from '../../model/json.ts'
import { type Decision, defineModule, type Probe } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs, PathArgument } from '../shared/argument.ts'
import { type Frame, frameFunction, frameText, parseFrames } from '../shared/frames.ts'
import { failureOf } from '../shared/host-script.ts'
import {
  busOf,
  cpuShares,
  type DeviceLoad,
  deviceLoads,
  deviceOf,
  meanRunDelay,
  pressureShare,
  processLoads,
  throttledShare,
} from './kernel-counters.ts'

const OF_DEVICE = ['await_ms', 'read_await_ms', 'write_await_ms', 'flush_await_ms', 'utilisation', 'queue'] as const
const OF_CPU = ['idle', 'iowait', 'steal'] as const
const OF_PROCESS = ['throttled', 'run_delay_ms'] as const
const OF_PRESSURE = ['io_pressure', 'cpu_pressure', 'memory_pressure'] as const

const args = Type.Object(
  {
    path: Type.Optional(PathArgument('its file system is on the device that is looked at')),
    pid: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'process that is looked at for being held back (throttled) and for waiting for a processor',
      }),
    ),
    window: Type.Optional(DurationArgument('time between the two looks, default 5s')),
    value: Type.Optional(
      Type.Enum([...OF_DEVICE, ...OF_CPU, ...OF_PRESSURE, ...OF_PROCESS], {
        description:
          'what of it is the number: of the device (ms, %, requests), of the host (%), or of the process (%, ms)',
      }),
    ),
    top: Type.Optional(Type.Integer({ minimum: 0, maximum: 50, description: 'processes that are told, default 5' })),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

/** The counters of the kernel at two moments, and which device is meant. */
interface Sampled {
  readonly frames: readonly Frame[]
}

/** What a host's disks and processors did in a window, from the kernel's own counters: no sysstat, no since-boot averages. */
export const ioSample = defineModule<typeof args, Sampled>({
  name: 'io_sample',
  summary: 'What disks, processors and processes did in a window, from the counters of the kernel',
  effect: 'reads',
  args,
  example: 'io_sample: {path: /var/lib/etcd, window: 10s, value: write_await_ms}',
  resources: () => ['kernel:counters'],
  read: readCounters,
  plan: (asked, { frames }): Decision => {
    const output = outputOf(asked, frames)
    return { kind: 'noop', summary: lineOf(asked, output), output }
  },
})

async function readCounters({ path, pid, window = '5s' }: Args, probe: Probe): Promise<Sampled> {
  const windowMs = durationMs(window)
  const reply = await probe.run(
    sampleCommand({ path: path ?? '', pid: pid === undefined ? '' : String(pid) }, windowMs),
    {
      timeoutMs: windowMs + 60_000,
      limitBytes: 8 * 1_048_576,
      label: 'io_sample',
    },
  )
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, 'looking at the counters of the kernel'))
  return { frames: parseFrames(reply.stdout) }
}

/** The same text for every value that is asked of the same things and window, so that all share one sample. */
const sampleCommand = ({ path, pid }: { readonly path: string; readonly pid: string }, windowMs: number): Command =>
  script(sh`path=${path} pid=${pid} window=${windowMs / 1000}`, rawText(sampleText))

// Uptime, not the time of day: a step of the clock would falsify every rate.
const sampleText = `
${frameFunction}
group() {
  line=$(grep -E "^[0-9]+:([^:]*,)?cpu(,[^:]*)?:" "/proc/$pid/cgroup" 2>/dev/null) || line=$(grep '^0::' "/proc/$pid/cgroup")
  for root in /sys/fs/cgroup/cpu /sys/fs/cgroup/cpu,cpuacct /sys/fs/cgroup; do
    if [ -r "$root\${line#*:*:}/cpu.stat" ]; then echo "$root\${line#*:*:}/cpu.stat"; return; fi
  done
}
look() {
  cut -d ' ' -f 1 /proc/uptime | frame "uptime$1"
  frame_file "stat$1" /proc/stat
  frame_file "disks$1" /proc/diskstats
  for kind in io cpu memory; do frame_file "$kind$1" "/proc/pressure/$kind"; done
  [ -n "$stat" ] && frame_file "group$1" "$stat"
  [ -n "$pid" ] && grep -H . "/proc/$pid/task/"[0-9]*/schedstat 2>/dev/null | frame "waits$1"
  grep -H -E '^(read|write)_bytes:' /proc/[0-9]*/io 2>/dev/null | frame "processes$1"
}
stat=; [ -n "$pid" ] && stat=$(group 2>/dev/null)
look 1; sleep "$window"; look 2
grep -H . /proc/[0-9]*/comm 2>/dev/null | frame names
for disk in /sys/block/*; do
  read -r model <"$disk/device/model" || model=
  printf '%s\\t%s\\t%s\\n' "\${disk##*/}" "$(readlink -f "$disk")" "$model"
done 2>/dev/null | frame buses
if [ -n "$path" ]; then
  frame_file mounts /proc/self/mountinfo
  (cd -P -- "$path" 2>/dev/null && pwd || readlink -f -- "$path") | frame path
fi
exit 0
`

function outputOf(asked: Args, frames: readonly Frame[]): JsonObject {
  const text = (name: string): string => frameText(frames, name) ?? ''
  const pair = (name: string) => [text(`${name}1`), text(`${name}2`)] as const
  const [first, second] = pair('uptime')
  const seconds = Number(second) - Number(first)
  const devices = deviceLoads(...pair('disks'), seconds)
  const device =
    asked.path === undefined ? undefined : deviceFor({ mounts: text('mounts'), path: text('path').trim() }, devices)
  const cpu = cpuShares(...pair('stat')) ?? null
  const pressure = {
    io_pressure: pressureShare(...pair('io'), seconds),
    cpu_pressure: pressureShare(...pair('cpu'), seconds),
    memory_pressure: pressureShare(...pair('memory'), seconds),
  }
  const [before, after] = pair('processes')
  const seen = {
    window_s: Number(seconds.toFixed(2)),
    device: device ? { ...device, ...busOf(text('buses'), device.name) } : null,
    devices: devices.filter((one) => one.utilisation > 0 || one === device),
    cpu,
    ...pressure,
    throttled: throttledShare(...pair('group')),
    run_delay_ms: meanRunDelay(...pair('waits')),
    processes: processLoads({ before, after, names: text('names') }, { seconds, most: asked.top ?? 5 }),
  }
  if (asked.value === undefined) return seen
  const numbers: JsonObject = {
    ...pressure,
    ...cpu,
    ...device,
    throttled: seen.throttled,
    run_delay_ms: seen.run_delay_ms,
  }
  const value = numbers[asked.value] ?? null
  return { value, ...(value === null ? { note: absence(asked, device) } : {}), ...seen }
}

/** By number; btrfs and others number their mounts themselves, there the source's name tells. */
function deviceFor(
  { mounts, path }: { readonly mounts: string; readonly path: string },
  devices: readonly DeviceLoad[],
): DeviceLoad | undefined {
  const mount = deviceOf(mounts, path)
  if (!mount) return undefined
  const name = mount.source.slice(mount.source.lastIndexOf('/') + 1)
  return devices.find((one) => one.number === mount.number) ?? devices.find((one) => one.name === name)
}

function absence({ path, value }: Args, device: DeviceLoad | undefined): string {
  if (value === 'throttled') return 'the process has no limit of processor time, or `pid` is not given'
  if (value === 'run_delay_ms') return 'the process did not run in the window, or `pid` is not given'
  if (value?.endsWith('_pressure')) return 'this kernel keeps no pressure counters'
  if (path === undefined) return 'of a device only where `path` is given'
  return device ? `${device.name} did nothing of that in the window` : `no device of its own is under ${path}`
}

function lineOf({ value }: Args, output: JsonObject): string {
  if (value !== undefined) return `${value}: ${output.value ?? `no value (${output.note})`}`
  return `looked for ${output.window_s} s`
}
