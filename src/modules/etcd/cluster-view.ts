import type { JsonObject } from '../../model/json.ts'
import type { ListedMember, MemberStatus } from './etcdctl-output.ts'
import type { SeenCluster } from './look-cluster.ts'

/** A member as the whole look shows it. Names are those of the module's output. */
export type Member = {
  readonly name: string
  readonly id: string // hex
  readonly is_leader: boolean
  readonly is_learner: boolean
  readonly is_started: boolean
  readonly healthy: boolean // answered a linearizable read just now
  readonly error: string | null
  readonly term: number | null
  readonly raft_index: number | null
  readonly lag: number | null // entries that it has yet to apply of what the leader has
  readonly revision: number | null
  readonly db_size: number | null // bytes
  readonly db_size_in_use: number | null // bytes; null also of 3.3, which does not tell
  readonly version: string | null
  readonly client_urls: readonly string[]
}

/** A cluster as seen from one member. */
export type Cluster = {
  readonly cluster_id: string
  readonly member_id: string | null // of this host's member
  readonly name: string
  readonly is_leader: boolean // this host's member
  readonly leader: string | null // name; null: none, or the members do not agree
  readonly leader_id: string | null
  readonly term: number | null
  readonly revision: number | null // this member's
  readonly members: readonly Member[]
  readonly quorum: { readonly voters: number; readonly healthy: number; readonly need: number }
  readonly alarms: readonly string[] // "NOSPACE on e1"
  readonly errors: readonly string[]
}

/** Puts a look together; pure. A leader is one that says so itself: nobody's guess counts. */
export function clusterOf(seen: SeenCluster): Cluster {
  const leaderStatus = seen.statuses.find((status) => status.leader === status.id)
  const members = seen.members.map((member) => memberOf(seen, member, leaderStatus))
  const voters = members.filter((member) => !member.is_learner)
  const leader = members.find((member) => member.is_leader)
  const own = seen.own
  return {
    cluster_id: seen.clusterId,
    member_id: own?.id ?? null,
    name: members.find((member) => member.id === own?.id)?.name ?? seen.settings.name,
    is_leader: own !== undefined && own.leader === own.id,
    leader: leader?.name ?? null,
    leader_id: leader?.id ?? null,
    term: own?.term ?? null,
    revision: own?.revision ?? null,
    members,
    quorum: {
      voters: voters.length,
      healthy: voters.filter((member) => member.healthy).length,
      need: Math.floor(voters.length / 2) + 1,
    },
    alarms: (seen.alarms ?? []).map(({ kind, member }) => `${kind} on ${nameOf(members, member)}`),
    errors: errorsOf(seen),
  }
}

/** As plain data for templates and expressions. */
export const clusterJson = (cluster: Cluster): JsonObject => ({
  ...cluster,
  members: cluster.members.map((member) => ({ ...member })),
  quorum: { ...cluster.quorum },
})

const nameOf = (members: readonly Member[], id: string): string =>
  members.find((member) => member.id === id)?.name ?? `member ${id}`

function memberOf(seen: SeenCluster, listed: ListedMember, leader: MemberStatus | undefined): Member {
  const status = seen.statuses.find((one) => one.id === listed.id)
  const url = seen.askedAt.get(listed.id)
  const health = seen.health.find((one) => one.endpoint === url)
  const healthy = health !== undefined && (health.healthy || hasOnlyNoSpace(health.error))
  return {
    name: listed.name === '' ? listed.id : listed.name,
    id: listed.id,
    is_leader: status !== undefined && status.leader === status.id,
    is_learner: listed.isLearner,
    is_started: listed.name !== '',
    healthy: healthy && status !== undefined,
    error: whyNot(listed, { url, status, error: healthy ? '' : health?.error }),
    term: status?.term ?? null,
    raft_index: status?.raftIndex ?? null,
    lag: status && leader ? Math.max(0, leader.raftIndex - status.appliedIndex) : null,
    revision: status?.revision ?? null,
    db_size: status?.dbSize ?? null,
    db_size_in_use: status?.dbSizeInUse ?? null,
    version: status?.version ?? null,
    client_urls: listed.clientUrls,
  }
}

/** From 3.5 on etcdctl asks for alarms once the read was served, and calls a member with any unhealthy; they are told apart. */
const hasOnlyNoSpace = (error: string): boolean => /^Active Alarm\(s\):(\s+NOSPACE)+\s*$/.test(error)

function whyNot(
  listed: ListedMember,
  { url, status, error }: { url: string | undefined; status: MemberStatus | undefined; error: string | undefined },
): string | null {
  if (listed.name === '') return 'added to the cluster but never started'
  if (url === undefined)
    return `announces only ${listed.clientUrls.join(', ') || 'no client URL'}, which other hosts cannot reach`
  if (error) return error
  return status === undefined ? `does not answer at ${url}` : null
}

function errorsOf(seen: SeenCluster): readonly string[] {
  const list = seen.listFailure === undefined ? [] : [`member list: ${seen.listFailure}`]
  const own = seen.own === undefined ? [`the member does not answer at ${seen.settings.endpoint}`] : []
  const alarms = seen.alarms === undefined ? ['the alarms could not be asked'] : []
  const told = seen.statuses.flatMap((status) => status.errors.map((error) => error.trim()))
  return [...own, ...list, ...(seen.listFailure === undefined ? alarms : []), ...new Set(told)]
}
