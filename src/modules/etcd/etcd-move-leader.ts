import { sh } from '../../model/command.ts'
import { type Change, type Decision, defineModule, type Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { type Cluster, clusterOf, type Member } from './cluster-view.ts'
import { etcdArgs } from './etcd-args.ts'
import { etcdScript, reasonIn, requireTool } from './etcdctl.ts'
import { parseStatuses } from './etcdctl-output.ts'
import { lookCluster, type SeenCluster } from './look-cluster.ts'
import { requireSettings } from './read-settings.ts'

const args = Type.Object(
  { ...etcdArgs, prefer: Type.Optional(Type.String({ description: 'name of the member to lead, if it is fit to' })) },
  { additionalProperties: false },
)

/**
 * Hands leadership to the follower that is furthest along when this host's member leads; else nothing. There is nothing
 * to undo: which member leads is no setting, and moving it back would only disturb the cluster once more.
 */
export const etcdMoveLeader = defineModule({
  name: 'etcd_move_leader',
  summary: 'Hands etcd leadership to a follower before this member is stopped; nothing where it does not lead',
  example: 'etcd_move_leader: {}\nbefore_undo: true',
  effect: 'changes',
  volatile: true,
  args,
  resources: () => ['etcd:leader'],
  read: async (asked, probe) => lookCluster(probe, await requireSettings(asked, probe)),
  plan: planMove,
  apply: moveLeader,
  revert: () => Promise.resolve(),
})

function planMove({ prefer }: Static<typeof args>, seen: SeenCluster): Decision {
  const cluster = clusterOf(seen)
  // No reason to stop: whoever leads, this member cannot be asked to hand over, and what follows is often what puts it right.
  if (seen.own === undefined)
    return {
      kind: 'noop',
      summary: `the member does not answer at ${seen.settings.endpoint}: nobody can ask it to hand over leadership`,
      output: { leader: cluster.leader },
    }
  if (!cluster.is_leader)
    return { kind: 'noop', summary: `${cluster.name} does not lead`, output: { leader: cluster.leader } }
  if (cluster.quorum.voters === 1)
    return { kind: 'noop', summary: 'the only voter has nobody to hand over to', output: { leader: cluster.leader } }
  const to = successor(cluster, prefer)
  if (to) return { kind: 'change', change: changeOf(cluster, to) }
  return {
    kind: 'blocked',
    message: `${cluster.name} leads and no follower is healthy and caught up`,
    hint: 'look at the other members first',
  }
}

// A follower further behind would have to catch up first, while nobody can write.
const maxLag = 1000

function successor(cluster: Cluster, prefer: string | undefined): Member | undefined {
  const fit = cluster.members.filter(
    (member) => !member.is_leader && !member.is_learner && member.healthy && (member.lag ?? maxLag + 1) <= maxLag,
  )
  const ranked = fit.toSorted((a, b) => (a.lag ?? 0) - (b.lag ?? 0) || (a.name < b.name ? -1 : 1))
  return ranked.find((member) => member.name === prefer) ?? ranked[0]
}

const changeOf = (cluster: Cluster, to: Member): Change => ({
  verb: 'move',
  summary: `move leadership from ${cluster.name} to ${to.name}`,
  details: [{ kind: 'value', name: 'leader', before: cluster.name, after: to.name }],
  before: { leader: cluster.name, id: cluster.member_id },
  after: { leader: to.name, id: to.id },
  // Verified in apply: afterwards another election may move it again, which is no failure of this step.
  settles: false,
  reversible: true,
  predicts: {},
})

async function moveLeader(asked: Static<typeof args>, change: Change, session: Session) {
  const settings = await requireSettings(asked, session)
  const to = String(change.after?.id)
  const reply = await session.run(etcdScript(settings, moveText, sh`to=${to}`), { timeoutMs: 120_000 })
  requireTool(reply)
  const [status] = parseStatuses(reply.stdout.toString('utf8')).slice(-1)
  if (status?.leader !== undefined && status.leader !== status.id) return { leader: status.leader }
  throw new ProblemError({
    kind: 'step-failed',
    message: `${change.summary}: leadership did not move`,
    detail: reasonIn(reply.stderr.toString('utf8')),
    hint: 'look at the health of the members, then run again',
  })
}

// Only to the leader's own endpoint: a follower refuses, and with several endpoints etcdctl before 3.4.21 and 3.5.5 may fail.
const moveText = `
ec --endpoints="$endpoint" move-leader "$to" >&2 || true
left=10
while [ "$left" -gt 0 ]; do
  status=$(ec --endpoints="$endpoint" endpoint status -w json)
  own=$(printf '%s' "$status" | sed -n 's/.*"member_id":\\([0-9]*\\).*/\\1/p')
  leader=$(printf '%s' "$status" | sed -n 's/.*"leader":\\([0-9]*\\).*/\\1/p')
  [ -n "$leader" ] && [ "$leader" != "$own" ] && break
  left=$((left - 1)); sleep 1
done
printf '%s\\n' "$status"
exit 0
`
