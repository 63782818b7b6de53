import { type Static, Type } from '../../model/schema.ts'

const path = (description: string) => Type.Optional(Type.String({ pattern: '^/', description }))

/** Arguments that every etcd module takes: which etcd of the host, and how to be its client. */
export const etcdArgs = {
  unit: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9:_.@-]+$',
      description: 'systemd unit of etcd; needed where a host runs several etcd processes',
    }),
  ),
  cacert: path("CA file for TLS on the host; default: from the member's own settings"),
  cert: path("client certificate on the host; default: from the member's own settings"),
  key: path("key of the client certificate on the host; default: from the member's own settings"),
}

/** Of facts of a runbook that stops members: what goes on after a crash finds one that does not run. */
export const mayBeStopped = Type.Optional(
  Type.Boolean({ description: 'where no etcd runs the output is null, and nothing is refused; default false' }),
)

const shape = Type.Object(etcdArgs)
export type EtcdArgs = Static<typeof shape>

/** A length of time as runbooks write it: 250ms, 60s, 5m, 2h. */
export const Duration = (description: string) => Type.String({ pattern: '^\\d+(\\.\\d+)?(ms|s|m|h)$', description })

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** Milliseconds of a Duration. */
export function durationMs(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  if (unit !== 'ms' && unit !== 's' && unit !== 'm' && unit !== 'h') throw new RangeError(`not a duration: ${text}`)
  return Number(number) * unitMs[unit]
}
