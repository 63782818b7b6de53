import { type Cluster, clusterOf, type Member } from './cluster-view.ts'
import type { MemberStatus } from './etcdctl-output.ts'
import type { SeenCluster } from './look-cluster.ts'

/** What is asked of a cluster before members of it are stopped, or after. */
export interface QuorumRules {
  readonly stopping: number // members about to be stopped; 0: only whether it is healthy
  readonly requireAll: 'all-voters' | 'quorum' // all voters healthy (the stricter, and the default), or a quorum that holds
  readonly allowDowntime: 'refuse' | 'allow' // for one or two voters, where every stop is an outage
  readonly alarms: 'refuse' | 'allow-nospace' // a full database is what some steps put right
  readonly knownBad: 'refuse' | 'allow' // versions that lose data in a rolling restart
  readonly maxLag: number | undefined // entries; default 100, or 1000 in a busy cluster
  readonly minRevision: number | undefined
  readonly clusterId: string | undefined
  readonly memberId: string | undefined
}

/** Why the cluster may not be touched, or undefined where it may. Pure. */
export function quorumObjection(seen: SeenCluster, rules: QuorumRules): string | undefined {
  const cluster = clusterOf(seen)
  return (
    unanswered(seen) ??
    unhealthy(cluster, rules) ??
    unsettled(seen, rules) ??
    behind(seen, cluster, rules) ??
    strange(cluster, rules) ??
    tooFew(cluster, rules) ??
    knownBad(cluster, rules)
  )
}

function unanswered({ own, settings, listFailure, alarms }: SeenCluster): string | undefined {
  if (own === undefined) return `the member on this host does not answer at ${settings.endpoint}`
  if (listFailure !== undefined) return `the cluster does not answer (no quorum?): ${listFailure}`
  return alarms === undefined ? 'the list of alarms could not be had' : undefined
}

function unhealthy(cluster: Cluster, { requireAll, alarms: rule }: QuorumRules): string | undefined {
  const { members, quorum, leader } = cluster
  const alarms = cluster.alarms.filter((alarm) => rule === 'refuse' || !alarm.startsWith('NOSPACE '))
  if (alarms.length > 0) return `alarm ${alarms.join(', ')}`
  const learner = members.find((member) => member.is_learner)
  if (learner) return `${learner.name} is a learner: a change of membership is going on`
  const sick = members.filter((member) => !member.healthy)
  if (requireAll === 'all-voters' && sick.length > 0)
    return sick.map(({ name, error }) => `${name} is unhealthy: ${error ?? 'no answer'}`).join('; ')
  if (quorum.healthy < quorum.need)
    return `only ${quorum.healthy} of ${quorum.voters} voters are healthy, ${quorum.need} are needed`
  return leader === null ? 'no member says that it leads' : undefined
}

/** One leader and one term in all answers of both samples: no election is going on. */
function unsettled({ statuses, again }: SeenCluster, { alarms }: QuorumRules): string | undefined {
  const all = [...statuses, ...(again ?? [])]
  const leaders = new Set(all.map((status) => status.leader ?? 'none'))
  if (leaders.size > 1)
    return `the members do not agree on a leader (${[...leaders].join(', ')}): an election is going on`
  const terms = new Set(all.map((status) => status.term))
  if (terms.size > 1) return `the term moves (${[...terms].join(', ')}): elections are going on`
  if (again !== undefined && again.length < statuses.length) return 'a member that answered stopped answering'
  const [error] = all
    .flatMap((status) => status.errors)
    .filter((one) => alarms === 'refuse' || !/^memberID:\d+ alarm:NOSPACE\s*$/.test(one))
  return error === undefined ? undefined : `a member tells of an error: ${error.trim()}`
}

// Proposed thresholds (research chapter 0.2): idle members follow at once; under load the samples are apart in time.
const idleLag = 100
const busyLag = 1000

function behind(seen: SeenCluster, { members, revision }: Cluster, rules: QuorumRules): string | undefined {
  const limit = rules.maxLag ?? (isBusy(seen) ? busyLag : idleLag)
  const late = members.find((member) => member.healthy && (member.lag ?? 0) > limit)
  if (late) return `${late.name} is ${late.lag} entries behind the leader, more than ${limit}`
  if (rules.minRevision !== undefined && (revision ?? 0) < rules.minRevision)
    return `the member is at revision ${revision ?? 0}, it was at ${rules.minRevision} before: is this its own data directory?`
  return undefined
}

function isBusy({ statuses, again }: SeenCluster): boolean {
  const indexOf = (list: readonly MemberStatus[]): number => Math.max(0, ...list.map((status) => status.raftIndex))
  return again !== undefined && indexOf(again) - indexOf(statuses) > idleLag
}

function strange({ cluster_id, member_id }: Cluster, { clusterId, memberId }: QuorumRules): string | undefined {
  if (clusterId !== undefined && clusterId !== cluster_id)
    return `this is cluster ${cluster_id}, it was ${clusterId} before`
  if (memberId !== undefined && memberId !== member_id) return `this is member ${member_id}, it was ${memberId} before`
  return undefined
}

function tooFew({ quorum, members, member_id }: Cluster, rules: QuorumRules): string | undefined {
  if (rules.stopping === 0) return undefined
  if (quorum.voters <= 2 && rules.allowDowntime === 'refuse')
    return `the cluster has ${quorum.voters} ${quorum.voters === 1 ? 'voter' : 'voters'}: every stop is an outage`
  if (quorum.voters <= 2) return undefined
  const own = members.find((member) => member.id === member_id)
  const left = quorum.healthy - rules.stopping + (own && !own.healthy ? 1 : 0)
  if (left >= quorum.need) return undefined
  return `stopping ${rules.stopping} would leave ${left} healthy voters, ${quorum.need} are needed`
}

/** 3.5.0 to 3.5.2 may lose data when a member stops under load (fixed in 3.5.3, etcd#13908). */
const isKnownBad = ({ version }: Member): boolean => /^3\.5\.[0-2]$/.test(version ?? '')

function knownBad({ members }: Cluster, { stopping, knownBad: rule }: QuorumRules): string | undefined {
  const bad = members.find(isKnownBad)
  if (!bad || stopping === 0 || rule === 'allow') return undefined
  return `${bad.name} runs etcd ${bad.version}, whose data may become inconsistent when members restart; upgrade to 3.5.3 or later first`
}
