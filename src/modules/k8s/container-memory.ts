import { rawText, script, sh } from '../../model/command.ts'
import type { JsonObject } from '../../model/json.ts'
import { type Decision, defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { Type } from '../../model/schema.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { failureOf } from '../shared/host-script.ts'

const args = Type.Object(
  {
    process: Type.String({
      pattern: '^[A-Za-z0-9_.-]{1,15}$',
      description:
        'name of the program that runs in the container, as ps -o comm shows it; the oldest where there are several',
    }),
    window: Type.Optional(DurationArgument('time between the two looks at what it reads; default 5s')),
  },
  { additionalProperties: false },
)

/** What a program in a container holds of its memory limit, and what it reads from disk for want of more. */
export const containerMemory = defineModule<typeof args, JsonObject>({
  name: 'container_memory',
  summary:
    'Memory of a program in a container against its limit (cgroup v1 and v2), and what it reads from disk meanwhile',
  example: 'container_memory: {process: flanneld, window: 5s}\nas: memory',
  effect: 'reads',
  args,
  resources: ({ process }) => [`process:${process}`],
  read: async ({ process, window = '5s' }, probe) => {
    const seconds = durationMs(window) / 1000
    const reply = await probe.run(script(sh`process=${process} seconds=${seconds}`, rawText(lookText)), {
      timeoutMs: durationMs(window) + 30_000,
    })
    if (reply.code === NONE) return { value: null, note: `no ${process} runs here` }
    if (reply.code !== 0) throw new ProblemError(failureOf(reply, `looking at the memory of ${process}`))
    return sampleOf(reply.stdout.toString('utf8'), seconds)
  },
  plan: (_, sample): Decision => ({
    kind: 'noop',
    summary:
      typeof sample.note === 'string'
        ? sample.note
        : `${sample.usage_mib} of ${sample.limit_mib ?? 'unlimited'} MiB, reads ${sample.value} MiB/s`,
    output: sample,
  }),
})

const NONE = 93

// v1 has its counters in a hierarchy of its own, v2 in the only one, or in one beside those of v1
const lookText = `
pid=$(pgrep -o -x "$process") || exit ${NONE}
own=/proc/$pid
one=/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' "$own/cgroup")
group=
if [ -r "$one/memory.limit_in_bytes" ]; then
  group=$one usage=memory.usage_in_bytes limit=memory.limit_in_bytes anon=rss fails=memory.failcnt
else
  for root in /sys/fs/cgroup /sys/fs/cgroup/unified; do
    two=$root$(sed -n 's/^0:://p' "$own/cgroup")
    [ ! -r "$two/memory.current" ] || { group=$two usage=memory.current limit=memory.max anon=anon fails=; break; }
  done
fi
[ -n "$group" ] || { echo "no memory controller counts process $pid" >&2; exit 1; }
reads() { sed -n 's/^read_bytes: //p' "$own/io"; }
before=$(reads) || exit ${NONE}
sleep "$seconds"
after=$(reads) || exit ${NONE}
echo "reads $before $after"
echo "usage $(cat "$group/$usage")"
echo "limit $(cat "$group/$limit")"
sed -n "s/^$anon /anon /p; s/^pgmajfault /faults /p" "$group/memory.stat"
[ -z "$fails" ] || echo "fails $(cat "$group/$fails")"
`

const MIB = 1_048_576
/** Beyond this a limit of v1 says "none"; it is the largest number, rounded down to pages. */
const UNLIMITED = 2 ** 62

/** The numbers of a look, in MiB and MiB/s. */
export function sampleOf(text: string, seconds: number): JsonObject {
  const rows = new Map(
    text.split('\n').map((line) => [line.split(' ')[0] ?? '', line.split(' ').slice(1).map(Number)] as const),
  )
  const number = (name: string): number => rows.get(name)?.[0] ?? 0
  const mib = (bytes: number): number => Math.round((bytes / MIB) * 10) / 10
  const [before = 0, after = 0] = rows.get('reads') ?? []
  const limit = number('limit')
  return {
    value: mib((after - before) / seconds),
    usage_mib: mib(number('usage')),
    limit_mib: Number.isFinite(limit) && limit < UNLIMITED ? mib(limit) : null,
    own_mib: mib(number('anon')), // without what could be read again
    major_faults: number('faults'),
    failures: number('fails'),
  }
}
