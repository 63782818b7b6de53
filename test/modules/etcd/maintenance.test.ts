import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/model/json.ts'
import { etcdAlarm } from '../../../src/modules/etcd/etcd-alarm.ts'
import { etcdDefrag } from '../../../src/modules/etcd/etcd-defrag.ts'
import { spaceOf } from '../../../src/modules/etcd/etcd-space.ts'
import type { MemberStatus } from '../../../src/modules/etcd/etcdctl-output.ts'
import type { SeenCluster } from '../../../src/modules/etcd/look-cluster.ts'
import { exampleSettings } from './settings-example.ts'

const MiB = 1_048_576
const url = (id: string): string => `http://10.0.0.${id}:2379`

const status = (id: string, more: Partial<MemberStatus> = {}): MemberStatus => ({
  endpoint: url(id),
  id,
  clusterId: 'c',
  leader: '1',
  term: 4,
  raftIndex: 5000,
  appliedIndex: 5000,
  revision: 900,
  dbSize: 1000 * MiB,
  dbSizeInUse: 100 * MiB,
  version: '3.4.23',
  errors: [],
  ...more,
})

/** Three members that 1 leads, seen from `from`. */
function cluster(from: string, more: Partial<SeenCluster> = {}, ofEach: Partial<MemberStatus> = {}): SeenCluster {
  const ids = ['1', '2', '3']
  return {
    settings: exampleSettings(),
    clusterId: 'c',
    own: status(from, ofEach),
    members: ids.map((id) => ({ id, name: `e${id}`, clientUrls: [url(id)], isLearner: false })),
    listFailure: undefined,
    alarms: [],
    statuses: ids.map((id) => status(id, ofEach)),
    again: undefined,
    health: ids.map((id) => ({ endpoint: url(id), healthy: true, error: '' })),
    askedAt: new Map(ids.map((id) => [id, url(id)])),
    ...more,
  }
}

const noSpace = {
  alarms: [{ member: '2', kind: 'NOSPACE' }],
  health: ['1', '2', '3'].map((id) => ({
    endpoint: url(id),
    healthy: false,
    error: 'Active Alarm(s): NOSPACE ', // as etcdctl 3.5 says it
  })),
}

describe('etcd_space', () => {
  const space = (dbSize: number, inUse: number | undefined, args = {}, quota: number | null = 8000 * MiB) =>
    spaceOf(args, { settings: exampleSettings({ quota_bytes: quota }), status: status('1', { dbSize }), inUse })

  test.each<readonly [string, boolean, ReturnType<typeof space>]>([
    ['half free and 100 MiB', true, space(200 * MiB, 100 * MiB)],
    ['half free, and little', false, space(100 * MiB, 40 * MiB)],
    ['much free, and less than half', false, space(1000 * MiB, 600 * MiB)],
    ['less by its own thresholds', true, space(100 * MiB, 90 * MiB, { min_free_percent: 10, min_free_mb: 10 })],
    ['at 80 % of the quota', true, space(6400 * MiB, 6000 * MiB)],
    ['at 80 % of the quota and full of data', false, space(6400 * MiB, 6300 * MiB)],
    ['at 80 % of the quota, of an etcd that does not tell', true, space(6400 * MiB, undefined)],
    ['an etcd that does not tell', false, space(1000 * MiB, undefined)],
    ['no quota, and full of data', false, space(64_000 * MiB, 63_000 * MiB, {}, null)],
  ])('%s: worth defragmenting: %s', (_what, worth, seen) => expect(seen).toMatchObject({ worth }))
})

describe('etcd_defrag', () => {
  const plan = (seen: SeenCluster, args: JsonObject = {}, freeBytes = 2000 * MiB) =>
    etcdDefrag.plan(args, { seen, freeBytes })

  test('a follower of a healthy cluster is defragmented', () => {
    expect(plan(cluster('2'))).toMatchObject({ kind: 'change', change: { summary: 'defragment the database of e2' } })
  })
  test('also while etcd refuses writes for want of room, which is what it is for', () => {
    expect(plan(cluster('2', noSpace, { errors: ['memberID:2 alarm:NOSPACE '] })).kind).toBe('change')
  })
  test.each<readonly [string, ReturnType<typeof plan>, RegExp]>([
    ['the leader', plan(cluster('1')), /e1 leads/],
    ['too little room', plan(cluster('2'), {}, 1199 * MiB), /1199\.0 MiB are free .* needs 1200\.0 MiB/],
    ['a damaged member', plan(cluster('2', { alarms: [{ member: '3', kind: 'CORRUPT' }] })), /alarm CORRUPT on e3/],
    [
      'a member that is down',
      plan(cluster('2', { health: cluster('2').health.slice(0, 2) })),
      /e2 cannot be spared now: e3 is unhealthy/,
    ],
    [
      'a member that is still catching up',
      plan(cluster('2', { statuses: [status('1'), status('2', { appliedIndex: 3000 }), status('3')] })),
      /e2 is 2000 entries behind/,
    ],
    ['etcd 3.5.5', plan(cluster('2', {}, { version: '3.5.5' })), /may lose data when it crashes/],
  ])('%s is refused', (_what, decision, says) => {
    expect(decision).toMatchObject({ kind: 'blocked', message: expect.stringMatching(says) })
  })
  test('who accepts the risk of 3.5.5 may', () => {
    expect(plan(cluster('2', {}, { version: '3.5.5' }), { accept_crash_risk: true }).kind).toBe('change')
    expect(plan(cluster('2', {}, { version: '3.5.6' })).kind).toBe('change')
  })
})

describe('etcd_alarm', () => {
  const plan = (seen: SeenCluster, more: JsonObject = {}) => etcdAlarm.plan({ disarm: 'NOSPACE', ...more }, seen)

  test('an alarm goes once there is room', () => {
    expect(plan(cluster('2', noSpace))).toMatchObject({
      kind: 'change',
      change: { summary: 'disarm alarm NOSPACE on e2' },
    })
  })
  test('the smallest quota of the members counts where it is given', () => {
    expect(plan(cluster('2', noSpace), { quota_bytes: 1200 * MiB })).toMatchObject({ kind: 'blocked' })
    expect(plan(cluster('2', noSpace), { quota_bytes: 1300 * MiB })).toMatchObject({ kind: 'change' })
  })
  test.each<readonly [string, SeenCluster, RegExp]>([
    ['a database at its quota', cluster('2', noSpace, { dbSize: 1800 * MiB }), /e1, e2, e3 is not below 80 %/],
    [
      'a member whose size is not known',
      cluster('2', { ...noSpace, statuses: [status('1'), status('2')] }),
      /database of e3 is not below/,
    ],
    [
      'a damaged member beside it',
      cluster('2', { alarms: [...noSpace.alarms, { member: '3', kind: 'CORRUPT' }] }),
      /clears every alarm/,
    ],
    ['alarms that could not be asked', cluster('2', { alarms: undefined }), /could not be asked/],
  ])('%s is refused', (_what, seen, says) => {
    expect(plan(seen)).toMatchObject({ kind: 'blocked', message: expect.stringMatching(says) })
  })
})
