import { expect, test } from 'vitest'
import { etcdMoveLeader } from '../../../src/modules/etcd/etcd-move-leader.ts'
import type { MemberStatus } from '../../../src/modules/etcd/etcdctl-output.ts'
import type { SeenCluster } from '../../../src/modules/etcd/look-cluster.ts'
import { exampleSettings } from './settings-example.ts'

const url = (id: string): string => `http://10.0.0.${id}:2379`

/** A cluster that member 1 leads, seen from `from`; `lags` by member, undefined for one that is down. */
function cluster(
  from: string,
  lags: Readonly<Record<string, number | undefined>>,
  learners: readonly string[] = [],
): SeenCluster {
  const ids = Object.keys(lags)
  const status = (id: string): MemberStatus => ({
    endpoint: url(id),
    id,
    clusterId: 'c',
    leader: '1',
    term: 2,
    raftIndex: 5000,
    appliedIndex: 5000 - (lags[id] ?? 0),
    revision: 1,
    dbSize: 1,
    dbSizeInUse: 1,
    version: '3.4.23',
    errors: [],
  })
  return {
    settings: exampleSettings(),
    clusterId: 'c',
    own: status(from),
    members: ids.map((id) => ({ id, name: `e${id}`, clientUrls: [url(id)], isLearner: learners.includes(id) })),
    listFailure: undefined,
    alarms: [],
    statuses: ids.filter((id) => lags[id] !== undefined).map(status),
    again: undefined,
    health: ids.map((id) => ({ endpoint: url(id), healthy: lags[id] !== undefined, error: '' })),
    askedAt: new Map(ids.map((id) => [id, url(id)])),
  }
}

const plan = (seen: SeenCluster, args = {}) => etcdMoveLeader.plan(args, seen)

test('a follower has nothing to hand over', () => {
  expect(plan(cluster('2', { 1: 0, 2: 0, 3: 0 }))).toMatchObject({
    kind: 'noop',
    summary: 'e2 does not lead',
    output: { leader: 'e1' },
  })
})
test('a member that does not answer is not called a follower', () => {
  expect(plan({ ...cluster('2', { 1: 0, 2: 0, 3: 0 }), own: undefined })).toMatchObject({
    kind: 'noop',
    summary: 'the member does not answer at http://127.0.0.1:2379: nobody can ask it to hand over leadership',
    output: { leader: 'e1' },
  })
})
test('the follower that is furthest along is to lead', () => {
  expect(plan(cluster('1', { 1: 0, 2: 7, 3: 2 }))).toMatchObject({
    kind: 'change',
    change: { summary: 'move leadership from e1 to e3', after: { id: '3' }, reversible: true, settles: false },
  })
})
test('or the one that is preferred, if it is fit to', () => {
  expect(plan(cluster('1', { 1: 0, 2: 7, 3: 2 }), { prefer: 'e2' })).toMatchObject({
    change: { after: { leader: 'e2' } },
  })
  expect(plan(cluster('1', { 1: 0, 2: undefined, 3: 2 }), { prefer: 'e2' })).toMatchObject({
    change: { after: { leader: 'e3' } },
  })
})
test('a learner, a member that is down and one far behind are not', () => {
  expect(plan(cluster('1', { 1: 0, 2: undefined, 3: 2000, 4: 0 }, ['4']))).toMatchObject({
    kind: 'blocked',
    message: 'e1 leads and no follower is healthy and caught up',
  })
})
test('the only voter keeps its lead', () => {
  expect(plan(cluster('1', { 1: 0 }))).toMatchObject({
    kind: 'noop',
    summary: 'the only voter has nobody to hand over to',
  })
})
