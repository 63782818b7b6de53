import { rawText, script, sh } from '../../model/command.ts'
import type { JsonObject } from '../../model/json.ts'
import { type Decision, defineModule, type Probe } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { type Frame, frameFunction, frameText, parseFrames } from '../shared/frames.ts'
import { failureOf } from '../shared/host-script.ts'
import { countOf, processorsOf, processShares } from './cpu-times.ts'
import { cpuShares } from './kernel-counters.ts'

const OF_HOST = ['user', 'system', 'idle', 'iowait', 'softirq', 'steal', 'running', 'load'] as const

const args = Type.Object(
  {
    process: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 15,
        description: 'name of processes as the kernel has it (of kube-controller-manager the first 15 letters)',
      }),
    ),
    window: Type.Optional(DurationArgument('time between the two looks, default 5s')),
    value: Type.Optional(
      Type.Enum([...OF_HOST, 'process'], {
        description:
          'what of it is the number: a share of the processors (%), tasks that run or want to (running) or load of the last minute per processor, or what the processes of that name took (% of one processor)',
      }),
    ),
    top: Type.Optional(Type.Integer({ minimum: 0, maximum: 50, description: 'processes that are told, default 10' })),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

/** Who uses the processors of a host, and who takes them from it, in a window: the kernel's own counters. */
export const cpuSample = defineModule<typeof args, readonly Frame[]>({
  name: 'cpu_sample',
  summary: 'What the processors did in a window, what a hypervisor took, and which processes used most',
  effect: 'reads',
  args,
  example: 'cpu_sample: {window: 30s, value: steal}',
  resources: () => ['kernel:processors'],
  read: readCounters,
  plan: (asked, frames): Decision => {
    const output = outputOf(asked, frames)
    return { kind: 'noop', summary: lineOf(asked, output), output }
  },
})

/** The same text for every value that is asked of the same window, so that all share one sample. */
async function readCounters({ window = '5s' }: Args, probe: Probe): Promise<readonly Frame[]> {
  const windowMs = durationMs(window)
  const reply = await probe.run(script(sh`window=${windowMs / 1000}`, rawText(sampleText)), {
    timeoutMs: windowMs + 60_000,
    limitBytes: 8 * 1_048_576,
    label: 'cpu_sample',
  })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, "looking at the kernel's counters of the processors"))
  return parseFrames(reply.stdout)
}

// Uptime, not the time of day: a step of the clock would falsify every rate.
const sampleText = `
${frameFunction}
look() {
  cut -d ' ' -f 1 /proc/uptime | frame "uptime$1"
  frame_file "stat$1" /proc/stat
  cat /proc/[0-9]*/stat 2>/dev/null | frame "processes$1"
}
look 1; sleep "$window"; look 2
frame_file load /proc/loadavg
{ getconf CLK_TCK 2>/dev/null || echo 100; } | frame ticks
exit 0
`

function outputOf(asked: Args, frames: readonly Frame[]): JsonObject {
  const text = (name: string): string => frameText(frames, name) ?? ''
  const seconds = Number(text('uptime2')) - Number(text('uptime1'))
  const processors = processorsOf(text('stat2'))
  const shares = processShares(text('processes1'), text('processes2'), {
    seconds,
    ticksPerSecond: Number(text('ticks')) || 100,
  })
  const cpu = cpuShares(text('stat1'), text('stat2')) ?? {}
  const running = (countOf(text('stat1'), 'procs_running') + countOf(text('stat2'), 'procs_running')) / 2
  const perProcessor = {
    running: processors === 0 ? null : Number((running / processors).toFixed(2)),
    load: processors === 0 ? null : Number((Number(text('load').split(' ')[0]) / processors).toFixed(2)),
  }
  const named = shares.filter(({ name }) => name === asked.process)
  const seen = {
    window_s: Number(seconds.toFixed(2)),
    processors,
    cpu,
    ...perProcessor,
    ...(asked.process === undefined
      ? {}
      : { process: Number(named.reduce((sum, { percent }) => sum + percent, 0).toFixed(1)) }),
    processes: shares.slice(0, asked.top ?? 10),
  }
  if (asked.value === undefined) return seen
  const numbers: JsonObject = { ...cpu, ...perProcessor, process: seen.process ?? null }
  const value = numbers[asked.value] ?? null
  return { value, ...(value === null ? { note: absence(asked) } : {}), ...seen }
}

const absence = ({ value, process }: Args): string =>
  value === 'process' && process === undefined ? 'of processes only where `process` names them' : 'nothing was counted'

function lineOf({ value }: Args, output: JsonObject): string {
  if (value !== undefined) return `${value}: ${output.value ?? `no value (${output.note})`}`
  return `looked for ${output.window_s} s`
}
