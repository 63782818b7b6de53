import type { Json } from '../../model/json.ts'
import { type Decision, defineModule, type Probe } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs, PathArgument } from '../shared/argument.ts'
import { failureOf, scriptWith } from '../shared/host-script.ts'
import { parseTcpPaths, type TcpPath } from './tcp-path.ts'
import { tcpProbeText } from './tcp-probe-text.ts'

const args = Type.Object(
  {
    to: Type.Array(
      Type.String({
        pattern: '^(https?://)?[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[A-Za-z0-9._~/%-]*)?$',
        description: 'address:port, or an http(s) URL, which is also asked',
      }),
      { maxItems: 50, description: 'ports, as seen from the host of this step' },
    ),
    addresses: Type.Optional(
      Type.Array(Type.String({ pattern: '^[0-9A-Fa-f.:]+$' }), {
        description: 'what the names should resolve to; left out: to anything',
      }),
    ),
    ca: Type.Optional(
      Type.Union([
        Type.Literal(''),
        PathArgument('certificates that TLS is checked with; left out: those of the host'),
      ]),
    ),
    expect: Type.Optional(Type.String({ maxLength: 200, description: 'text that a good answer has' })),
    upgrade: Type.Optional(
      Type.String({ pattern: '^/[A-Za-z0-9._~/%-]*$', description: 'path that takes a websocket' }),
    ),
    timeout: Type.Optional(DurationArgument('how long a connection may take, default 3s')),
    value: Type.Optional(Type.Enum(['failed'], { description: 'failed: how many of them fail is the number' })),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

/** The first thing that fails on the way from a host to others' ports: name, connection, TLS, answer, websocket. */
export const tcpProbe = defineModule<typeof args, readonly TcpPath[]>({
  name: 'tcp_probe',
  summary: 'Where a way to a port fails from the host: name, connect (refused, no answer, ...), TLS, HTTP, websocket',
  effect: 'reads',
  args,
  example: 'tcp_probe: {to: ["https://rancher.example.com/ping", "10.0.0.2:6443"], expect: pong}',
  resources: () => ['net:ports'],
  read: readPaths,
  plan: ({ value }, paths): Decision => {
    const failed = paths.filter(({ fails_at }) => fails_at !== null)
    const blind = paths.filter(({ known_to }) => known_to === 'none')
    const number = blind.length === paths.length ? null : failed.length
    const note = [
      ...failed.map(({ says }) => says),
      ...(blind.length > 0 ? ['the host has neither curl nor bash'] : []),
    ].join('; ')
    // The one to tell of: the first that fails.
    const output: Json = {
      ...(value ? { value: number, ...(note === '' ? {} : { note }) } : {}),
      first: failed[0] ?? paths[0] ?? null,
      paths,
    }
    return { kind: 'noop', summary: failed.length === 0 ? `${paths.length} ports answer` : note, output }
  },
})

async function readPaths(asked: Args, probe: Probe): Promise<readonly TcpPath[]> {
  const { to, addresses = [], ca = '', expect = '', upgrade = '', timeout = '3s' } = asked
  if (to.length === 0) return []
  const seconds = Math.max(1, Math.ceil(durationMs(timeout) / 1000))
  const variables = { targets: to.map(target).join('\n'), seconds: String(seconds), ca, upgrade, expected: expect }
  const reply = await probe.run(scriptWith(variables, tcpProbeText), {
    timeoutMs: seconds * 4000 + 30_000,
    label: 'tcp_probe',
  })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, 'looking at ports'))
  return parseTcpPaths(reply.stdout.toString('utf8'), { to, addresses, expect })
}

/** "scheme address port path". */
function target(text: string): string {
  const [, scheme = 'tcp', address = '', port, path = '/'] =
    /^(?:(https?):\/\/)?([^:/]+)(?::(\d+))?(\/.*)?$/.exec(text) ?? []
  return `${scheme} ${address} ${port ?? (scheme === 'http' ? '80' : '443')} ${path}`
}
