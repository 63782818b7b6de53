import { type Decision, defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { type Cluster, clusterJson, clusterOf } from './cluster-view.ts'
import { Duration, durationMs, etcdArgs, mayBeStopped } from './etcd-args.ts'
import { clusterLine } from './etcd-members.ts'
import { lookCluster, type SeenCluster } from './look-cluster.ts'
import { type QuorumRules, quorumObjection } from './quorum-guard.ts'
import { type Found, readSettings } from './read-settings.ts'

const flag = (description: string) => Type.Optional(Type.Boolean({ description }))
const id = (description: string) => Type.Optional(Type.String({ pattern: '^[0-9a-f]{1,16}$', description }))

const args = Type.Object(
  {
    ...etcdArgs,
    may_be_stopped: mayBeStopped,
    stopping: Type.Optional(
      Type.Integer({ minimum: 0, description: 'members about to be stopped; 0 asks only for health (default 1)' }),
    ),
    require_all: flag('every voter must be healthy (default true); false: a quorum that outlasts the stop is enough'),
    max_lag: Type.Optional(
      Type.Integer({ minimum: 0, description: 'entries a member may be behind (default 100; 1000 when busy)' }),
    ),
    election_stable_s: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 600,
        description: 'seconds between two samples that must agree on leader and term (default 10)',
      }),
    ),
    allow_downtime: flag('allow stopping members of a cluster of one or two (default false)'),
    allow_nospace: flag('allow the alarm NOSPACE: what is done next makes room (default false)'),
    allow_known_bad: flag('allow etcd 3.5.0 to 3.5.2 (default false)'),
    min_revision: Type.Optional(
      Type.Integer({ minimum: 0, description: 'the member must have reached this revision' }),
    ),
    cluster_id: id('the cluster that it must be, in hex'),
    member_id: id("the member that this host's must be, in hex"),
    timeout: Type.Optional(Duration('how long to wait for health when running (default 2m)')),
    consecutive: Type.Optional(
      Type.Integer({ minimum: 1, description: 'good looks in a row when running (default 3)' }),
    ),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>
type State = Extract<Found, { kind: 'none' }> | { readonly kind: 'seen'; readonly seen: SeenCluster }

/**
 * Whether the cluster is healthy and stays so when members of it are stopped: the guard before and the gate after
 * every change of a member. Proven by a linearizable read on every member, not by what members say of themselves.
 */
export const etcdHealthy = defineModule({
  name: 'etcd_healthy',
  summary: 'Quorum guard: all voters healthy, one leader, no election, no lag, no alarm, and a member can be spared',
  example: 'etcd_healthy: {stopping: 1, election_stable_s: 2, timeout: 2m}',
  effect: 'reads',
  args,
  resources: () => ['etcd:cluster'],
  read: async (asked, probe): Promise<State> => {
    const found = await readSettings(asked, probe)
    if (found.kind === 'none') return found
    return { kind: 'seen', seen: await lookCluster(probe, found.settings, asked.election_stable_s ?? 10) }
  },
  plan: (asked, state: State): Decision => {
    if (state.kind === 'seen') return decide(state.seen, rulesOf(asked))
    if (state.stopped && asked.may_be_stopped) return { kind: 'noop', summary: state.message, output: null }
    return { kind: 'blocked', message: state.message, hint: state.hint }
  },
  patience: ({ timeout, consecutive }) => ({
    timeoutMs: durationMs(timeout ?? '2m'),
    everyMs: 1000,
    consecutive: consecutive ?? 3,
  }),
})

const rulesOf = (asked: Args): QuorumRules => ({
  stopping: asked.stopping ?? 1,
  requireAll: (asked.require_all ?? true) ? 'all-voters' : 'quorum',
  allowDowntime: asked.allow_downtime ? 'allow' : 'refuse',
  alarms: asked.allow_nospace ? 'allow-nospace' : 'refuse',
  knownBad: asked.allow_known_bad ? 'allow' : 'refuse',
  maxLag: asked.max_lag,
  minRevision: asked.min_revision,
  clusterId: asked.cluster_id,
  memberId: asked.member_id,
})

function decide(seen: SeenCluster, rules: QuorumRules): Decision {
  const cluster = clusterOf(seen)
  const objection = quorumObjection(seen, rules)
  if (objection === undefined) return { kind: 'noop', summary: healthyLine(cluster), output: clusterJson(cluster) }
  const what = rules.stopping === 0 ? 'etcd is not healthy' : 'no member of etcd may be stopped now'
  return { kind: 'blocked', message: `${what}: ${objection}`, detail: clusterLine(cluster) }
}

function healthyLine(cluster: Cluster): string {
  const lag = Math.max(0, ...cluster.members.map((member) => member.lag ?? 0))
  return `${clusterLine(cluster)}, lag at most ${lag}${cluster.alarms.length > 0 ? '' : ', no alarm'}`
}
