import { type Change, type Decision, defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { type Cluster, clusterOf } from './cluster-view.ts'
import { Duration, durationMs, etcdArgs } from './etcd-args.ts'
import { lookCluster, type SeenCluster } from './look-cluster.ts'
import { requireSettings } from './read-settings.ts'
import { readSnapshotFolder, recordJson, type SnapshotFolder, type SnapshotRecord } from './snapshot-store.ts'
import { dropSnapshot, takeSnapshot } from './take-snapshot.ts'

const args = Type.Object(
  {
    ...etcdArgs,
    dir: Type.String({ pattern: '^/.*[^/]$', description: 'folder on this host; made with mode 0700 where missing' }),
    name: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*\\.db$',
        description: 'file name; default etcd-MEMBER-TIME.db',
      }),
    ),
    max_age: Type.Optional(
      Duration('a verified snapshot of this cluster younger than this is good enough (default 1h)'),
    ),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

interface State {
  readonly seen: SeenCluster
  readonly folder: SnapshotFolder
}

/**
 * A snapshot of the cluster from this host's own member, verified by a trial restore, with its record beside it. It
 * holds all Secrets of a Kubernetes cluster: mode 0600. Copying it off the host and removing old ones is left to others.
 */
export const etcdSnapshot = defineModule({
  name: 'etcd_snapshot',
  summary: 'A snapshot of etcd on this host, verified by a trial restore; nothing where a fresh one is there',
  example: 'etcd_snapshot: {dir: /var/backups/etcd, max_age: 1h}',
  effect: 'changes',
  args,
  resources: ({ dir }) => [`etcd-snapshot:${dir}`],
  read: async (asked, probe): Promise<State> => {
    const settings = await requireSettings(asked, probe)
    const [seen, folder] = await Promise.all([
      lookCluster(probe, settings),
      readSnapshotFolder(probe, settings, asked.dir),
    ])
    return { seen, folder }
  },
  plan: planSnapshot,
  apply: async (asked, _change, session) => {
    const settings = await requireSettings(asked, session)
    const { own } = await lookCluster(session, settings)
    if (!own) throw new ProblemError({ kind: 'blocked', message: `the member does not answer at ${settings.endpoint}` })
    return recordJson(await takeSnapshot(session, { settings, own, dir: asked.dir, name: asked.name }))
  },
  revert: (_asked, _change, session) => dropSnapshot(session),
})

function planSnapshot(asked: Args, { seen, folder }: State): Decision {
  const fresh = folder.records.find((record) => isFresh(record, { asked, seen, folder }))
  if (fresh) {
    const minutes = Math.round((folder.nowS - fresh.taken_at_s) / 60)
    return { kind: 'noop', summary: `${fresh.path} is ${minutes} min old and verified`, output: recordJson(fresh) }
  }
  const objection = objectionTo(asked, seen, folder)
  if (objection) return { kind: 'blocked', ...objection }
  return { kind: 'change', change: changeOf(asked, seen, folder) }
}

const isFresh = (record: SnapshotRecord, { asked, seen, folder }: State & { readonly asked: Args }): boolean =>
  record.cluster_id === seen.clusterId &&
  record.taken_at_s <= folder.nowS &&
  (folder.nowS - record.taken_at_s) * 1000 <= durationMs(asked.max_age ?? '1h')

// The copy and its trial restore lie there together.
const copies = 2
const maxLag = 1000

function objectionTo(
  asked: Args,
  seen: SeenCluster,
  folder: SnapshotFolder,
): { message: string; hint?: string } | undefined {
  const { own, settings } = seen
  if (!own) return { message: `the member does not answer at ${settings.endpoint}` }
  const corrupt = seen.alarms?.find((alarm) => alarm.kind === 'CORRUPT')
  if (corrupt)
    return {
      message: `alarm CORRUPT on member ${corrupt.member}: a snapshot could hold damaged data`,
      hint: 'find out which member is damaged first; keep the older backups',
    }
  if (folder.freeBytes < copies * own.dbSize)
    return {
      message: `${asked.dir} has ${megabytes(folder.freeBytes)} free; the snapshot and its trial restore need ${megabytes(copies * own.dbSize)}`,
    }
  if (/^3\.([6-9]|\d\d)|^[4-9]/.test(own.version) && !folder.hasEtcdutl)
    return {
      message: `etcd ${own.version} restores snapshots with etcdutl only, which this host lacks`,
      hint: 'install etcdutl',
    }
  if (asked.name !== undefined && folder.files.includes(`${asked.dir}/${asked.name}`))
    return {
      message: `${asked.dir}/${asked.name} is there and not fresh; a backup is never replaced`,
      hint: 'leave out `name`, or move the file away',
    }
  const lag = ownLag(clusterOf(seen))
  return lag > maxLag
    ? { message: `this member is ${lag} entries behind the leader`, hint: 'take the snapshot from another' }
    : undefined
}

const ownLag = ({ members, member_id }: Cluster): number => members.find((member) => member.id === member_id)?.lag ?? 0

const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`

function changeOf(asked: Args, { own, settings }: SeenCluster, folder: SnapshotFolder): Change {
  const size = megabytes(own?.dbSize ?? 0)
  const without = {
    kind: 'note',
    text: 'the cluster has no leader: the snapshot may miss what other members have',
  } as const
  return {
    verb: 'create',
    summary: `save and verify a snapshot of ${settings.name} in ${asked.dir}`,
    details: [
      { kind: 'note', text: `${size}, mode 0600; restored once beside it on trial` },
      ...(own?.leader === undefined ? [without] : []),
    ],
    before: { newest: folder.records[0]?.path ?? null },
    after: null,
    settles: true,
    reversible: true,
    predicts: {},
  }
}
