import { expect, test } from 'vitest'
import type { ListedMember, MemberStatus } from '../../../src/modules/etcd/etcdctl-output.ts'
import type { SeenCluster } from '../../../src/modules/etcd/look-cluster.ts'
import { type QuorumRules, quorumObjection } from '../../../src/modules/etcd/quorum-guard.ts'
import { exampleSettings } from './settings-example.ts'

const rules: QuorumRules = {
  stopping: 1,
  requireAll: 'all-voters',
  allowDowntime: 'refuse',
  alarms: 'refuse',
  knownBad: 'refuse',
  maxLag: undefined,
  minRevision: undefined,
  clusterId: undefined,
  memberId: undefined,
}

const url = (id: string): string => `http://10.0.0.${id}:2379`

const listed = (id: string, more: Partial<ListedMember> = {}): ListedMember => ({
  id,
  name: `e${id}`,
  clientUrls: [url(id)],
  isLearner: false,
  ...more,
})

const status = (id: string, more: Partial<MemberStatus> = {}): MemberStatus => ({
  endpoint: url(id),
  id,
  clusterId: 'c',
  leader: '1',
  term: 4,
  raftIndex: 5000,
  appliedIndex: 5000,
  revision: 900,
  dbSize: 1,
  dbSizeInUse: 1,
  version: '3.4.23',
  errors: [],
  ...more,
})

/** A healthy cluster of `size`, seen from its second member (or its only one). */
function cluster(size: number, more: Partial<SeenCluster> = {}): SeenCluster {
  const ids = Array.from({ length: size }, (_, index) => String(index + 1))
  const statuses = ids.map((id) => status(id))
  return {
    settings: exampleSettings(),
    clusterId: 'c',
    own: statuses[size > 1 ? 1 : 0],
    members: ids.map((id) => listed(id)),
    listFailure: undefined,
    alarms: [],
    statuses,
    again: statuses,
    health: ids.map((id) => ({ endpoint: url(id), healthy: true, error: '' })),
    askedAt: new Map(ids.map((id) => [id, url(id)])),
    ...more,
  }
}

const without = (seen: SeenCluster, id: string): Partial<SeenCluster> => ({
  statuses: seen.statuses.filter((one) => one.id !== id),
  again: seen.again?.filter((one) => one.id !== id),
  health: seen.health.map((one) => (one.endpoint === url(id) ? { ...one, healthy: false, error: 'refused' } : one)),
})
const three = cluster(3)

test.each([3, 5, 7])('a healthy cluster of %i can spare a member', (size) => {
  expect(quorumObjection(cluster(size), rules)).toBeUndefined()
})

test.each([
  [3, 2, /would leave 1 healthy voters, 2 are needed/],
  [4, 2, /would leave 2 healthy voters, 3 are needed/],
  [5, 3, /would leave 2 healthy voters, 3 are needed/],
])('of %i members %i cannot be spared', (size, stopping, says) => {
  expect(quorumObjection(cluster(size), { ...rules, stopping })).toMatch(says)
})

test('one or two voters are stopped only when an outage is allowed', () => {
  expect(quorumObjection(cluster(1), rules)).toMatch(/has 1 voter: every stop is an outage/)
  expect(quorumObjection(cluster(2), rules)).toMatch(/has 2 voters: every stop is an outage/)
  expect(quorumObjection(cluster(2), { ...rules, allowDowntime: 'allow' })).toBeUndefined()
  expect(quorumObjection(cluster(1), { ...rules, stopping: 0 })).toBeUndefined()
})

test('an unhealthy voter forbids a stop, also where a quorum would be left', () => {
  const five = cluster(5)
  const seen = { ...five, ...without(five, '5') }
  expect(quorumObjection(seen, rules)).toBe('e5 is unhealthy: refused')
  expect(quorumObjection(seen, { ...rules, requireAll: 'quorum' })).toBeUndefined()
})

test('with a quorum asked for only, no more may be stopped than it outlasts', () => {
  const seen = { ...three, ...without(three, '3') }
  expect(quorumObjection(seen, { ...rules, requireAll: 'quorum' })).toMatch(/would leave 1 healthy voters/)
})

test('a member that nobody answers for on its own host forbids a stop', () => {
  expect(quorumObjection({ ...three, own: undefined }, rules)).toMatch(/does not answer at/)
})

test('a member list that cannot be had means that there may be no quorum', () => {
  const seen = { ...three, listFailure: 'context deadline exceeded', members: [] }
  expect(quorumObjection(seen, rules)).toMatch(/no quorum\?\): context deadline exceeded/)
})

test.each([
  ['an alarm', { alarms: [{ member: '3', kind: 'CORRUPT' }] }, /^alarm CORRUPT on e3/],
  ['alarms that could not be asked', { alarms: undefined }, /alarms could not be had/],
  ['a learner', { members: [listed('1'), listed('2'), listed('3', { isLearner: true })] }, /e3 is a learner/],
  [
    'a member that was never started',
    { members: [...three.members, listed('4', { name: '', clientUrls: [] })] },
    /4 is unhealthy: added to the cluster but never started/,
  ],
  [
    'another leader in one answer',
    { statuses: [status('1'), status('2'), status('3', { leader: '3' })] },
    /do not agree on a leader/,
  ],
  [
    'no leader in one answer',
    { statuses: [status('1'), status('2'), status('3', { leader: undefined })] },
    /do not agree on a leader \(1, none\)/,
  ],
  [
    'another term in the second sample',
    { again: three.statuses.map((one) => ({ ...one, term: 5 })) },
    /the term moves \(4, 5\)/,
  ],
  [
    'another leader in the second sample',
    { again: three.statuses.map((one) => ({ ...one, leader: '2' })) },
    /do not agree on a leader/,
  ],
  ['a member that is gone in the second sample', { again: three.statuses.slice(1) }, /stopped answering/],
  [
    'an error that a member tells',
    { statuses: [status('1', { errors: ['etcdserver: disk'] }), status('2'), status('3')] },
    /tells of an error: etcdserver: disk/,
  ],
  [
    'a follower that lags',
    { statuses: [status('1'), status('2'), status('3', { appliedIndex: 4899 })] },
    /e3 is 101 entries behind the leader, more than 100/,
  ],
] satisfies readonly (readonly [string, Partial<SeenCluster>, RegExp])[])('%s forbids a stop', (_what, more, says) => {
  expect(quorumObjection({ ...three, ...more }, rules)).toMatch(says)
})

test('a busy cluster may lag further, and an own limit goes before', () => {
  const statuses = [status('1'), status('2'), status('3', { appliedIndex: 4500 })]
  const again = three.statuses.map((one) => ({ ...one, raftIndex: one.raftIndex + 2000 }))
  expect(quorumObjection({ ...three, statuses, again }, rules)).toBeUndefined()
  expect(quorumObjection({ ...three, statuses, again }, { ...rules, maxLag: 10 })).toMatch(/500 entries behind/)
})

test('a member behind its own past is not the one that was stopped', () => {
  expect(quorumObjection(three, { ...rules, minRevision: 900 })).toBeUndefined()
  expect(quorumObjection(three, { ...rules, minRevision: 901 })).toMatch(/at revision 900, it was at 901 before/)
  expect(quorumObjection(three, { ...rules, clusterId: 'd' })).toMatch(/this is cluster c, it was d before/)
  expect(quorumObjection(three, { ...rules, memberId: '3' })).toMatch(/this is member 2, it was 3 before/)
})

test.each(['3.5.0', '3.5.1', '3.5.2'])('a member of %s is not restarted', (version) => {
  const statuses = [status('1'), status('2'), status('3', { version })]
  expect(quorumObjection({ ...three, statuses }, rules)).toMatch(/upgrade to 3\.5\.3 or later/)
  expect(quorumObjection({ ...three, statuses }, { ...rules, stopping: 0 })).toBeUndefined()
  expect(quorumObjection({ ...three, statuses }, { ...rules, knownBad: 'allow' })).toBeUndefined()
})

test.each(['3.5.3', '3.5.10', '3.5.21', '3.4.2'])('a member of %s is', (version) => {
  const statuses = three.statuses.map((one) => ({ ...one, version }))
  expect(quorumObjection({ ...three, statuses }, rules)).toBeUndefined()
})

test('a full database is let pass only where it is asked for, and no other alarm with it', () => {
  const full = {
    alarms: [{ member: '2', kind: 'NOSPACE' }],
    statuses: ['1', '2', '3'].map((id) => status(id, { errors: ['memberID:2 alarm:NOSPACE '] })),
    again: undefined,
    health: ['1', '2', '3'].map((id) => ({ endpoint: url(id), healthy: false, error: 'Active Alarm(s): NOSPACE ' })),
  }
  const allowing = { ...rules, alarms: 'allow-nospace' } as const
  expect(quorumObjection(cluster(3, full), rules)).toBe('alarm NOSPACE on e2')
  expect(quorumObjection(cluster(3, full), allowing)).toBeUndefined()
  const damaged = { ...full, alarms: [...full.alarms, { member: '3', kind: 'CORRUPT' }] }
  expect(quorumObjection(cluster(3, damaged), allowing)).toBe('alarm CORRUPT on e3')
  const dead = full.health.map((one, index) => (index === 2 ? { ...one, error: 'context deadline exceeded' } : one))
  expect(quorumObjection(cluster(3, { ...full, health: dead }), allowing)).toMatch(/^e3 is unhealthy/)
})
