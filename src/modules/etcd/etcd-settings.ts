import { type Decision, defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { Duration, durationMs, etcdArgs, mayBeStopped } from './etcd-args.ts'
import { type Found, readSettings } from './read-settings.ts'
import { type EtcdSettings, settingsJson } from './settings-of.ts'

const milliseconds = (description: string) => Type.Optional(Type.Integer({ minimum: 1, description }))

const args = Type.Object(
  {
    ...etcdArgs,
    heartbeat_ms: milliseconds('blocked unless the member runs with this heartbeat interval'),
    election_ms: milliseconds('blocked unless the member runs with this election timeout'),
    may_be_stopped: mayBeStopped,
    timeout: Type.Optional(Duration('how long to wait when running until it does so; default: not at all')),
  },
  { additionalProperties: false },
)

/**
 * The settings of the etcd on this host as it runs, and where they are kept. Blocked where no etcd, or more than one,
 * runs, or where it does not run with the timeouts asked for.
 */
export const etcdSettings = defineModule({
  name: 'etcd_settings',
  summary: 'Settings of the etcd on this host: as running, as in its file, and where that file is',
  example: 'etcd_settings: {}\nas: settings',
  effect: 'reads',
  args,
  resources: ({ unit }) => [`etcd:${unit ?? 'etcd'}`],
  read: readSettings,
  plan: (wanted: Static<typeof args>, found: Found): Decision => {
    if (found.kind === 'found') return decide(wanted, found.settings)
    const { message, hint, stopped } = found
    if (stopped && wanted.may_be_stopped) return { kind: 'noop', summary: message, output: null }
    return { kind: 'blocked', message, hint }
  },
  patience: ({ timeout }) => (timeout === undefined ? undefined : { timeoutMs: durationMs(timeout), everyMs: 2000 }),
})

function decide(wanted: Static<typeof args>, settings: EtcdSettings): Decision {
  const { heartbeat_ms, election_ms, deploy, version } = settings
  const summary = `etcd ${version} (${deploy}) runs with heartbeat ${heartbeat_ms ?? '?'} ms, election ${election_ms ?? '?'} ms`
  const wrong =
    (wanted.heartbeat_ms !== undefined && wanted.heartbeat_ms !== heartbeat_ms) ||
    (wanted.election_ms !== undefined && wanted.election_ms !== election_ms)
  if (!wrong) return { kind: 'noop', summary, output: settingsJson(settings) }
  const asked = `heartbeat ${wanted.heartbeat_ms ?? 'any'}, election ${wanted.election_ms ?? 'any'}`
  return {
    kind: 'blocked',
    message: `${summary}; asked for ${asked}`,
    hint: 'was the member restarted? look at its log',
  }
}
