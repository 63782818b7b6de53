import type { JsonObject } from '../../model/json.ts'
import { type Decision, defineModule, type Probe } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { failureOf, scriptWith } from '../shared/host-script.ts'
import { type PathSeen, parsePaths } from './network-path.ts'

const VALUES = ['rtt_avg_ms', 'rtt_max_ms', 'jitter_ms', 'loss_percent'] as const

const args = Type.Object(
  {
    to: Type.Array(
      Type.String({
        pattern: '^(https?://)?(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9][A-Za-z0-9.-]*)(:[0-9]{1,5})?/?$',
        description: 'address, address:port or URL; the port is for hosts without ping',
      }),
      { maxItems: 50, description: 'hosts, as seen from the host of this step' },
    ),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'packets to each, default 20' })),
    every: Type.Optional(DurationArgument('time between two packets, default 200ms')),
    value: Type.Optional(Type.Enum(VALUES, { description: 'what of the worst of the paths is the number' })),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

/** Round trip, jitter and loss from a host to others, all paths at the same time. */
export const netProbe = defineModule<typeof args, readonly PathSeen[]>({
  name: 'net_probe',
  summary: 'Round trip, jitter and loss from the host to others, by ping or by the time of TCP connects',
  effect: 'reads',
  args,
  example: 'net_probe: {to: ["10.0.0.2", "10.0.0.3"], count: 20, value: rtt_max_ms}',
  resources: () => ['net:paths'],
  read: readPaths,
  plan: ({ value }, paths): Decision => {
    const output = outputOf(value, paths)
    return { kind: 'noop', summary: `looked at ${paths.length} paths`, output }
  },
})

async function readPaths({ to, count = 20, every = '200ms' }: Args, probe: Probe): Promise<readonly PathSeen[]> {
  if (to.length === 0) return []
  const everyMs = Math.max(1, durationMs(every))
  const variables = { targets: to.map(target).join('\n'), count: String(count), every: String(everyMs / 1000) }
  const reply = await probe.run(scriptWith(variables, probeText), {
    timeoutMs: count * everyMs + 60_000,
    label: 'net_probe',
  })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, 'looking at the network'))
  return parsePaths(reply.stdout.toString('utf8'))
}

/** "address port"; port 0 where none is given. */
function target(text: string): string {
  const [, address = text, port = '0'] = /^(?:https?:\/\/)?(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(text) ?? []
  return `${address.replace(/^\[|\]$/g, '')} ${port}`
}

// No `ping -w`: with it ping goes on until `count` packets are answered, and what is still on its way at the end counts as lost.
// Each path is printed by one write below PIPE_BUF, so that those asked at the same time do not mix.
const probeText = `
by_ping() { within "$limit" ping -q -n -c "$count" -i "$every" -W 2 "$1" 2>&1 | tr '\\n' ' '; }
within() { if command -v timeout >/dev/null 2>&1; then timeout -s INT "$@"; else shift; "$@"; fi; }
by_connect() {
  left=$count
  while [ "$left" -gt 0 ]; do
    curl -s -o /dev/null --connect-timeout 2 -m 3 -w '%{time_connect} ' "telnet://$1:$2" </dev/null
    left=$((left - 1)); [ "$left" -gt 0 ] && sleep "$every"
  done
}
limit=$(awk "BEGIN { printf \\"%d\\", $count * $every + 5 }")
if command -v ping >/dev/null 2>&1 && ping -q -c 1 -w 2 127.0.0.1 >/dev/null 2>&1; then how=ping
elif command -v curl >/dev/null 2>&1; then how=connect
else how=none; fi
printf '%s\\n' "$targets" | {
  while read -r address port; do
    {
      case $how in
        ping) said=$(by_ping "$address") ;;
        connect) if [ "$port" = 0 ]; then said=noport; else said=$(by_connect "$address" "$port"); fi ;;
        none) said= ;;
      esac
      printf '%s\\t%s\\t%s\\n' "$address" "$how" "$said"
    } &
  done
  wait
}
exit 0
`

function outputOf(value: Args['value'], paths: readonly PathSeen[]): JsonObject {
  if (value === undefined) return { paths }
  const known = paths.flatMap((path) => (path[value] === null ? [] : [path[value]]))
  const notes = [...new Set(paths.flatMap(({ note }) => note ?? []))]
  const note = paths.length === 0 ? 'there is no other host to ask' : notes.join('; ')
  return { value: known.length === 0 ? null : Math.max(...known), ...(note === '' ? {} : { note }), paths }
}
