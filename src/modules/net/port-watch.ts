import type { JsonObject } from '../../model/json.ts'
import { type Decision, defineModule, type Probe } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { failureOf, missingTool, scriptWith } from '../shared/host-script.ts'
import { portWatchText } from './tcp-probe-text.ts'

const args = Type.Object(
  {
    ports: Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), { maxItems: 50 }),
    window: Type.Optional(DurationArgument('how long connections are watched, default 4s')),
    value: Type.Optional(
      Type.Enum(['closed', 'half_open'], {
        description: 'ports nobody listens on, or addresses whose connections stay half open',
      }),
    ),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>
type Seen = { readonly closed: readonly number[]; readonly half_open: readonly string[] }

const noTool = 91

/** The other end of tcp_probe: whether anybody listens, and whether the first packet of a connection arrives here. */
export const portWatch = defineModule<typeof args, Seen>({
  name: 'port_watch',
  summary:
    'Ports of the host: who listens, and from where connections stay half open (our answer is lost on the way back)',
  effect: 'reads',
  args,
  example: 'port_watch: {ports: [443], window: 4s, value: half_open}',
  resources: () => ['net:ports'],
  read: readPorts,
  plan: ({ value, ports }, seen): Decision => {
    const number: JsonObject = value === undefined ? {} : { value: seen[value].length }
    const summary = `${ports.length - seen.closed.length} of ${ports.length} ports are listened on`
    return { kind: 'noop', summary, output: { ...number, ...seen } }
  },
})

async function readPorts({ ports, window = '4s' }: Args, probe: Probe): Promise<Seen> {
  const seconds = Math.max(1, Math.ceil(durationMs(window) / 1000))
  const variables = { ports: ports.join(' '), seconds: String(seconds) }
  const reply = await probe.run(scriptWith(variables, portWatchText), {
    timeoutMs: seconds * 1000 + 30_000,
    label: 'port_watch',
  })
  if (reply.code === noTool) throw missingTool(reply.stderr.toString('utf8').trim(), 'look at ports')
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, 'looking at ports'))
  const rows = reply.stdout
    .toString('utf8')
    .split('\n')
    .map((line) => line.split('\t'))
  return {
    closed: rows.flatMap(([what, port, by]) => (what === 'listens' && by?.trim() === '' ? [Number(port)] : [])),
    half_open: [...new Set(rows.flatMap(([what, , from]) => (what === 'half' && from ? [from] : [])))],
  }
}
