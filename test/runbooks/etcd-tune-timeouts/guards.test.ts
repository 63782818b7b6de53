import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/model/json.ts'
import { argsOf, loaded, type MemberFacts, scopesOf, settingsFacts } from './bound-runbook.ts'

const ids = ['a', 'b', 'c']
const cluster = (id: string, more: JsonObject = {}): JsonObject => ({
  cluster_id: 'x',
  member_id: id,
  members: ids.map((one) => ({ id: one })),
  ...more,
})

/** Three members with a slow network, 100/1000 ms. */
const members: readonly MemberFacts[] = ids.map((id) => ({
  name: `e${id}`,
  settings: settingsFacts(100, 1000),
  cluster: cluster(id),
  rtt: 60,
  fsync: 3,
}))

const changed = (more: Partial<MemberFacts>, which: readonly string[] = ['ea']): readonly MemberFacts[] =>
  members.map((member) => (which.includes(member.name) ? { ...member, ...more } : member))

/** The messages of guards that say no, on the first host. */
function objections(facts: readonly MemberFacts[], params: JsonObject = {}): readonly string[] {
  const scope = scopesOf(facts, params).get('ea') ?? {}
  return loaded.guards.flatMap((guard) => {
    if (guard.module.name !== 'assert') return []
    const args = argsOf(guard, scope)
    return args.that === false ? [`${guard.name}: ${String(args.message)}`] : []
  })
}

const all = ['ea', 'eb', 'ec']

test('a healthy slow cluster with the default values passes', () => expect(objections(members)).toEqual([]))

test.each<readonly [string, JsonObject, readonly MemberFacts[], RegExp]>([
  [
    'an election timeout below five heartbeats',
    { heartbeat_ms: 400, election_ms: 1999 },
    members,
    /below five heartbeats of 400 ms/,
  ],
  [
    'a slow failover',
    { heartbeat_ms: 600, election_ms: 6000 },
    members,
    /nothing can be written for longer than an election timeout/,
  ],
  [
    'values that break leases of Kubernetes',
    { heartbeat_ms: 6000, election_ms: 30_000, accept_slow_failover: true },
    members,
    /lose their leases/,
  ],
  [
    'a member of RKE',
    {},
    changed({ settings: settingsFacts(100, 1000, { deploy: 'rke' }) }),
    /run as 'rke', whose settings belong to another tool/,
  ],
  [
    'a member run in a way nobody knows',
    {},
    changed({ settings: settingsFacts(100, 1000, { deploy: 'unknown' }) }),
    /run as 'unknown'/,
  ],
  ['running values that cannot be known', {}, changed({ settings: settingsFacts(null, null) }, all), /cannot be told/],
  [
    'two settings on one line',
    {},
    changed({
      settings: settingsFacts(100, 1000, {
        problems: ['x'],
        problem: '/etc/default/etcd:2 holds two settings on one line',
      }),
    }),
    /:2 holds two settings/,
  ],
  ['a run on one member only', {}, members.slice(0, 1), /deposed again and again/],
  [
    'hosts of two clusters',
    {},
    changed({ cluster: cluster('b', { cluster_id: 'y' }) }, ['eb']),
    /not the members of one cluster/,
  ],
  [
    'members with different values',
    {},
    changed({ settings: settingsFacts(6000, 30_000) }),
    /run with different values; this one with 6000\/30000 ms/,
  ],
  [
    'a fast network and a fast disk',
    {},
    changed({ rtt: 2, fsync: 3 }, all),
    /are fast \(round trip p99 2(\.0)? ms, fsync p99 3(\.0)? ms\)/,
  ],
  ['an election timeout below ten round trips', {}, changed({ rtt: 501 }, ['ec']), /below ten round trips/],
])('%s is refused', (_what, params, facts, says) => {
  const told = objections(facts, params)
  expect(told.join('\n')).toMatch(says)
  expect(told).toHaveLength(1)
})

test.each<readonly [string, JsonObject, readonly MemberFacts[]]>([
  [
    'a slow failover that is accepted',
    { heartbeat_ms: 1000, election_ms: 10_000, accept_slow_failover: true },
    members,
  ],
  [
    'broken leases that are known of',
    { heartbeat_ms: 6000, election_ms: 30_000, i_know_k8s_leases_break: true },
    members,
  ],
  ['a mixed state that is to be repaired', { repair_mixed: true }, changed({ settings: settingsFacts(6000, 30_000) })],
  [
    'raising although all is fast, where that is wanted',
    { tune_although_fast: true },
    changed({ rtt: 2, fsync: 3 }, all),
  ],
  ['lowering although all is fast', { heartbeat_ms: 50, election_ms: 500 }, changed({ rtt: 2, fsync: 3 }, all)],
  [
    'a slow disk under one member',
    {},
    changed({ rtt: 2, fsync: 3 }, ['ea', 'eb']).map((one) => (one.name === 'ec' ? { ...one, rtt: 2, fsync: 12 } : one)),
  ],
  ['latencies that are not known', {}, changed({ rtt: null, fsync: null }, all)],
  ['what runs already', {}, changed({ settings: settingsFacts(500, 5000), rtt: 2, fsync: 3 }, all)],
])('%s passes', (_what, params, facts) => expect(objections(facts, params)).toEqual([]))

test('the quorum guard is among the guards, and the settings may not be written in a cluster of one without leave', () => {
  const guard = loaded.guards.find((step) => step.module.name === 'etcd_healthy')
  expect(guard && argsOf(guard, scopesOf(members).get('ea') ?? {})).toEqual({ stopping: 1, allow_downtime: false })
})
