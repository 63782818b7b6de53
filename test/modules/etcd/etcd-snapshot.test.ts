import { expect, test } from 'vitest'
import { etcdSnapshot } from '../../../src/modules/etcd/etcd-snapshot.ts'
import { parseStatuses } from '../../../src/modules/etcd/etcdctl-output.ts'
import type { SeenCluster } from '../../../src/modules/etcd/look-cluster.ts'
import {
  parseSnapshotFolder,
  type SnapshotFolder,
  type SnapshotRecord,
} from '../../../src/modules/etcd/snapshot-store.ts'
import { recorded } from './fixture.ts'
import { exampleSettings } from './settings-example.ts'

const [own] = parseStatuses(recorded('3.4.23', 'no-quorum', 'endpoint-status-json').stdout)
if (!own) throw new Error('the fixture has no status')

const seen: SeenCluster = {
  settings: exampleSettings({ name: 'infra3' }),
  clusterId: own.clusterId,
  own: { ...own, leader: own.id },
  members: [],
  listFailure: undefined,
  alarms: [],
  statuses: [],
  again: undefined,
  health: [],
  askedAt: new Map(),
}

const record: SnapshotRecord = {
  format: 1,
  path: '/b/old.db',
  sha256: 'x',
  size: 100,
  taken_at_s: 10_000,
  verified: 'restore',
  linearizable: true,
  cluster_id: own.clusterId,
  member: 'infra3',
  member_id: own.id,
  version: '3.4.23',
  revision: 3,
  keys: 2,
}

const folder = (more: Partial<SnapshotFolder> = {}): SnapshotFolder => ({
  nowS: 10_060,
  freeBytes: 10 * own.dbSize,
  records: [],
  files: [],
  hasEtcdutl: false,
  ...more,
})

const plan = (in_: {
  readonly folder?: SnapshotFolder
  readonly seen?: Partial<SeenCluster>
  readonly args?: object
}) => etcdSnapshot.plan({ dir: '/b', ...in_.args }, { seen: { ...seen, ...in_.seen }, folder: in_.folder ?? folder() })

test('a verified snapshot of this cluster that is fresh is enough', () => {
  expect(plan({ folder: folder({ records: [record] }) })).toMatchObject({ kind: 'noop', output: { path: '/b/old.db' } })
})

test.each<readonly [string, Partial<SnapshotRecord>, object]>([
  ['too old', { taken_at_s: 10_060 - 3601 }, {}],
  ['older than asked for', {}, { max_age: '30s' }],
  ['of another cluster', { cluster_id: 'abc' }, {}],
  ['from the future', { taken_at_s: 20_000 }, {}],
])('one that is %s is not', (_what, more, args) => {
  const decision = plan({ folder: folder({ records: [{ ...record, ...more }] }), args })
  expect(decision).toMatchObject({ kind: 'change', change: { before: { newest: '/b/old.db' }, reversible: true } })
})

test.each<readonly [string, Parameters<typeof plan>[0], RegExp]>([
  ['a damaged member', { seen: { alarms: [{ member: 'ab', kind: 'CORRUPT' }] } }, /CORRUPT on member ab/],
  [
    'too little room',
    { folder: folder({ freeBytes: 2 * own.dbSize - 1 }) },
    /0\.5 MiB free; the snapshot and its trial restore need 0\.5 MiB/,
  ],
  ['a name that is taken', { folder: folder({ files: ['/b/x.db'] }), args: { name: 'x.db' } }, /never replaced/],
  ['a member that does not answer', { seen: { own: undefined } }, /does not answer/],
  ['etcd 3.6 without etcdutl', { seen: { own: { ...own, version: '3.6.1' } } }, /etcdutl only/],
])('%s is refused', (_what, given, says) => {
  const decision = plan(given)
  expect(decision.kind).toBe('blocked')
  expect(decision).toMatchObject({ message: expect.stringMatching(says) })
})

test('an alarm for room does not forbid a backup, and a cluster without leader is backed up with a warning', () => {
  expect(plan({ seen: { alarms: [{ member: 'ab', kind: 'NOSPACE' }] } }).kind).toBe('change')
  const decision = plan({ seen: { own } })
  expect(JSON.stringify(decision)).toMatch(/no leader: the snapshot may miss/)
})

test('a snapshot counts only with its own record, and with the size that it was verified with', () => {
  const frame = (name: string, text: string): string => `@${name} ${Buffer.byteLength(text)}\n${text}\n`
  const listing = (size: number, json: string) =>
    Buffer.from(
      frame('now', '10060\n') + frame('file', `${size} /b/old.db\n`) + frame('record', json) + frame('free', '8\n'),
    )
  expect(parseSnapshotFolder(listing(100, JSON.stringify(record)))).toMatchObject({
    nowS: 10_060,
    freeBytes: 8192,
    records: [record],
  })
  expect(parseSnapshotFolder(listing(99, JSON.stringify(record))).records).toEqual([])
  expect(parseSnapshotFolder(listing(100, '{"format":1,"path":"/b/old.db"}')).records).toEqual([])
  expect(parseSnapshotFolder(listing(100, 'half a reco')).records).toEqual([])
})
