import { type Decision, defineModule } from '../../model/module.ts'
import { Type } from '../../model/schema.ts'
import { type Cluster, clusterJson, clusterOf } from './cluster-view.ts'
import { etcdArgs } from './etcd-args.ts'
import { lookCluster, type SeenCluster } from './look-cluster.ts'
import { requireSettings } from './read-settings.ts'

const args = Type.Object(etcdArgs, { additionalProperties: false })

/** The members of the cluster as this host's member and each member itself tell. Never blocked by their state. */
export const etcdMembers = defineModule({
  name: 'etcd_members',
  summary: 'Members of the etcd cluster: who leads, who is healthy, terms, indexes, sizes, alarms',
  example: 'etcd_members: {}\nas: cluster',
  effect: 'reads',
  args,
  resources: () => ['etcd:cluster'],
  read: async (asked, probe) => lookCluster(probe, await requireSettings(asked, probe)),
  plan: (_asked, seen: SeenCluster): Decision => {
    const cluster = clusterOf(seen)
    return { kind: 'noop', summary: clusterLine(cluster), output: clusterJson(cluster) }
  },
})

/** A cluster in one line. */
export function clusterLine({ quorum, leader, term, alarms, errors }: Cluster): string {
  const lead = leader === null ? 'no leader' : `leader ${leader} (term ${term})`
  const trouble = [...alarms, ...errors]
  return `${quorum.healthy} of ${quorum.voters} voters healthy, ${lead}${trouble.length > 0 ? `, ${trouble.join(', ')}` : ''}`
}
