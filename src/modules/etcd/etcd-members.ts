import { type Decision, defineModule } from '../../model/module.ts'
import { Type } from '../../model/schema.ts'
import { type Cluster, clusterJson, clusterOf } from './cluster-view.ts'
import { etcdArgs, mayBeStopped } from './etcd-args.ts'
import { lookCluster, type SeenCluster } from './look-cluster.ts'
import { type Found, readSettings, settingsIn } from './read-settings.ts'

const args = Type.Object({ ...etcdArgs, may_be_stopped: mayBeStopped }, { additionalProperties: false })

type State = SeenCluster | Extract<Found, { kind: 'none' }>

/** The members of the cluster as this host's member and each member itself tell. Never blocked by their state. */
export const etcdMembers = defineModule({
  name: 'etcd_members',
  summary: 'Members of the etcd cluster: who leads, who is healthy, terms, indexes, sizes, alarms',
  example: 'etcd_members: {}\nas: cluster',
  effect: 'reads',
  args,
  resources: () => ['etcd:cluster'],
  read: async (asked, probe): Promise<State> => {
    const found = await readSettings(asked, probe)
    if (found.kind === 'none' && found.stopped && asked.may_be_stopped) return found
    return lookCluster(probe, settingsIn(found))
  },
  plan: (_asked, seen): Decision => {
    if ('kind' in seen) return { kind: 'noop', summary: seen.message, output: null }
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
