import { rawText } from '../../model/command.ts'
import { type Change, type Decision, defineModule, type Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { Duration, durationMs, etcdArgs } from './etcd-args.ts'
import { lookEtcd } from './look-etcd.ts'
import { type Found, findIn } from './read-settings.ts'

const args = Type.Object(
  { ...etcdArgs, timeout: Type.Optional(Duration('how long the kubelet may take (default 5m)')) },
  { additionalProperties: false },
)

interface Seen {
  readonly found: Found
  readonly hasManifest: boolean
}

/**
 * Waits until the kubelet has started etcd anew from its manifest as that is now: its look at the folder every 20 s,
 * the pod's grace period, and the start. Undone, it waits for the same once the manifest has been restored; so that no
 * second member is touched while this one is still to go down. Give it `when_changed` with the step that edits.
 */
export const etcdStaticPodRestarted = defineModule({
  name: 'etcd_static_pod_restarted',
  summary: 'Waits until the kubelet runs etcd with its manifest as it is now, also when that is undone',
  example: 'etcd_static_pod_restarted: {timeout: 5m}\nwhen_changed: manifest',
  effect: 'changes',
  args,
  resources: ({ unit }) => [`etcd:${unit ?? 'etcd'}`],
  read: async (asked, probe): Promise<Seen> => {
    const seen = await lookEtcd(probe, asked.unit)
    return { found: findIn(seen, asked), hasManifest: seen.manifest !== null }
  },
  // The kubelet may have taken it down by now, and not have started it yet.
  plan: (_asked, { found, hasManifest }): Decision =>
    found.kind === 'none' && !(found.stopped && hasManifest)
      ? { kind: 'blocked', message: found.message, hint: found.hint }
      : { kind: 'change', change: waiting },
  apply: (asked, _change, session) => waitForKubelet(asked, session).then(() => undefined),
  revert: (asked, _change, session) => waitForKubelet(asked, session),
})

const waiting: Change = {
  verb: 'restart',
  summary: 'the kubelet restarts etcd from its manifest',
  details: [{ kind: 'note', text: 'the kubelet does it by itself when the manifest changes; this step waits for it' }],
  before: {},
  after: null,
  settles: false,
  reversible: true,
  predicts: {},
}

const pollSeconds = 2

async function waitForKubelet(asked: Static<typeof args>, session: Session): Promise<void> {
  const tries = Math.max(1, Math.ceil(durationMs(asked.timeout ?? '5m') / (pollSeconds * 1000)))
  let last = 'not looked at'
  for (let left = tries; left > 0; left -= 1) {
    const seen = await lookEtcd(session, asked.unit)
    const found = findIn(seen, asked)
    if (found.kind === 'found' && !found.settings.restart_owed) return
    last =
      found.kind === 'none'
        ? found.message
        : `it still runs with heartbeat ${found.settings.heartbeat_ms} ms, election ${found.settings.election_ms} ms`
    await session.run(rawText(`sleep ${pollSeconds}`))
  }
  throw new ProblemError({
    kind: 'timeout',
    message: 'the kubelet did not restart etcd from its manifest in time',
    detail: last,
    hint: 'look at `journalctl -u kubelet` and `crictl ps -a --name etcd`',
  })
}
