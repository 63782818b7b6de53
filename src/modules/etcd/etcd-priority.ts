import { type Decision, defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { etcdArgs } from './etcd-args.ts'
import { lookPriority, type Priority } from './look-priority.ts'
import { requireSettings } from './read-settings.ts'

const args = Type.Object(
  {
    ...etcdArgs,
    nice: Type.Optional(
      Type.Integer({ minimum: -20, maximum: 19, description: 'blocked unless every thread runs with this nice value' }),
    ),
    io_class: Type.Optional(
      Type.Enum(['none', 'best-effort', 'idle', 'realtime'], {
        description: 'blocked unless every thread has this class',
      }),
    ),
    io_priority: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 7,
        description: 'blocked unless every thread has this priority in its class',
      }),
    ),
    cpu_weight: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_000, description: 'blocked unless its control group has this weight' }),
    ),
    io_weight: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'blocked unless its control group has this I/O weight',
      }),
    ),
    oom_score_adj: Type.Optional(
      Type.Integer({ minimum: -1000, maximum: 1000, description: 'blocked unless it runs with this value' }),
    ),
    window_s: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 60, description: "seconds of the processors' times (default 1)" }),
    ),
  },
  { additionalProperties: false },
)

/** The priority that the etcd of this host runs with, thread by thread, and what the processors do meanwhile. */
export const etcdPriority = defineModule({
  name: 'etcd_priority',
  summary:
    'What etcd gets of processor and disk as it runs: nice and I/O class of every thread, weights, throttling, steal',
  example: 'etcd_priority: {nice: -10, cpu_weight: 1000}\nas: priority',
  effect: 'reads',
  args,
  resources: () => ['etcd:process'],
  read: async (asked, probe) => lookPriority(probe, await requireSettings(asked, probe), asked.window_s ?? 1),
  plan: planPriority,
})

function planPriority(wanted: Static<typeof args>, priority: Priority): Decision {
  const wrong = (['nice', 'io_class', 'io_priority', 'cpu_weight', 'io_weight', 'oom_score_adj'] as const).filter(
    (name) => wanted[name] !== undefined && !isAsWanted(name, wanted[name], priority[name]),
  )
  const { threads, nice, io_class, io_priority, cpu_weight } = priority
  const io = io_class === null ? '?' : `${io_class}${io_priority === null ? '' : ` ${io_priority}`}`
  const summary = `${threads} threads run with nice ${nice ?? 'values that differ'}, I/O class ${io}, CPU weight ${cpu_weight ?? 'of their own not set'}`
  if (wrong.length === 0) return { kind: 'noop', summary, output: { ...priority, unit: { ...priority.unit } } }
  return {
    kind: 'blocked',
    message: `${summary}; asked for ${wrong.map((name) => `${name} ${wanted[name]} (found ${priority[name] ?? 'none'})`).join(', ')}`,
    hint: 'was the member restarted? ionice (util-linux) is needed to see the I/O class',
  }
}

/** Shares of cgroup v1 are coarser than weights where they are small, and hold what the kernel rounds to. */
const isAsWanted = (name: string, wanted: unknown, found: unknown): boolean =>
  wanted === found ||
  (name === 'cpu_weight' && typeof found === 'number' && Math.abs(found - Number(wanted)) <= Number(wanted) / 100)
