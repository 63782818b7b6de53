import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadRunbook } from '../../../src/load/runbook.ts'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import { unwrap } from '../../../src/model/problem.ts'
import type { Runbook } from '../../../src/model/runbook.ts'
import { createModules } from '../../../src/modules/index.ts'
import { settingsFacts } from '../etcd-tune-timeouts/bound-runbook.ts'

const ids = ['a', 'b', 'c']

function load(name: string): Runbook {
  const file = path.join(import.meta.dirname, '../../../runbooks', `${name}.yaml`)
  return unwrap(loadRunbook({ file, text: readFileSync(file, 'utf8'), modules: createModules() }))
}

/** The scopes of three hosts as the engine makes them: parameters and facts, then var by var. */
function scopesOf(
  runbook: Runbook,
  factsOf: (id: string) => JsonObject,
  params: JsonObject,
): ReadonlyMap<string, JsonObject> {
  const defaults = Object.fromEntries(runbook.params.map((param) => [param.name, param.default ?? null]))
  let scopes = new Map(ids.map((id): readonly [string, JsonObject] => [id, { ...defaults, ...params, ...factsOf(id) }]))
  for (const { name, value } of runbook.vars) {
    const hosts = Object.fromEntries(scopes)
    const bind = (scope: JsonObject): Json => unwrap(value.bind({ ...scope, hosts }))
    scopes = new Map([...scopes].map(([id, scope]) => [id, { ...scope, [name]: bind(scope) }]))
  }
  const hosts = Object.fromEntries(scopes)
  return new Map([...scopes].map(([id, scope]) => [id, { ...scope, hosts }]))
}

/** What the assertions of a runbook say on the first host. */
function objections(runbook: Runbook, scopes: ReadonlyMap<string, JsonObject>): readonly string[] {
  return runbook.guards.flatMap((guard) => {
    if (guard.module.name !== 'assert') return []
    const args = unwrap(guard.args.bind(scopes.get('a') ?? {}))
    return args.that === false ? [String(args.message)] : []
  })
}

/** The steps whose conditions hold on a host, as far as facts tell. */
const wanted = (runbook: Runbook, scope: JsonObject): readonly string[] =>
  runbook.stages.flatMap(({ steps }) =>
    steps.flatMap(({ id, when }) => (when && unwrap(when.bind(scope)) ? [String(id)] : [])),
  )

const cluster = (id: string, more: JsonObject = {}): JsonObject => ({
  cluster_id: 'x',
  member_id: id,
  is_leader: id === 'a',
  alarms: [],
  members: ids.map((one) => ({ id: one, db_size: 5_000_000 })),
  ...more,
})

describe('etcd-backup', () => {
  const runbook = load('etcd-backup')
  const told = (dbSize: number | null, params: JsonObject = {}) =>
    objections(
      runbook,
      scopesOf(runbook, (id) => ({ cluster: cluster(id, { members: [{ id: 'a', db_size: dbSize }] }) }), params),
    )

  test('a database of 8 GiB is copied to the controller, a larger one only when more is allowed, or to a host alone', () => {
    expect(told(8_589_934_592)).toEqual([])
    expect(told(null)).toEqual([])
    expect(told(8_589_934_593)).toEqual([
      'the database is larger than the 8192 MiB that may be copied to the controller (on_controller_max_mb)',
    ])
    expect(told(8_589_934_593, { on_controller_max_mb: 9000 })).toEqual([])
    expect(told(8_589_934_593, { on_controller: false })).toEqual([])
  })
})

describe('etcd-defrag', () => {
  const runbook = load('etcd-defrag')
  const space = (more: JsonObject = {}): JsonObject => ({ worth: false, free_percent: 10, quota_bytes: 2000, ...more })
  const scopes = (factsOf: (id: string) => JsonObject) =>
    scopesOf(runbook, (id) => ({ cluster: cluster(id), space: space(), ...factsOf(id) }), {})

  test('nothing is done, and no snapshot taken, where nothing is worth it', () => {
    expect(wanted(runbook, scopes(() => ({})).get('a') ?? {})).toEqual([])
  })
  test('one member that is worth it gets its snapshot on any host, and is alone in being defragmented', () => {
    const found = scopes((id) => (id === 'b' ? { space: space({ worth: true }) } : {}))
    expect(wanted(runbook, found.get('a') ?? {})).toEqual(['snapshot'])
    expect(wanted(runbook, found.get('b') ?? {})).toEqual(['snapshot', 'leader', 'defrag'])
  })
  test('with the alarm every member with something free is defragmented', () => {
    const alarmed = (id: string) => ({ cluster: cluster(id, { alarms: ['NOSPACE on b'] }) })
    expect(wanted(runbook, scopes(alarmed).get('a') ?? {})).toEqual(['snapshot', 'leader', 'defrag'])
    const full = scopes((id) => ({ ...alarmed(id), space: space({ free_percent: 0 }) }))
    expect(wanted(runbook, full.get('a') ?? {})).toEqual([])
  })
  test('the smallest quota counts, and members without one do not', () => {
    const quotas: Readonly<Record<string, number | null>> = { a: null, b: 3000, c: 1000 }
    const found = scopes((id) => ({ space: space({ quota_bytes: quotas[id] ?? null }) }))
    expect(found.get('a')).toMatchObject({ smallest_quota: 1000 })
    const none = scopes(() => ({ space: space({ quota_bytes: null }) }))
    expect(none.get('a')).toMatchObject({ smallest_quota: 9_007_199_254_740_991 })
  })
  test.each<readonly [string, (id: string) => JsonObject, RegExp]>([
    [
      'a damaged member',
      (id) => ({ cluster: cluster(id, { alarms: ['NOSPACE on a', 'CORRUPT on b'] }) }),
      /CORRUPT on b/,
    ],
    [
      'a member that is not of the run',
      (id) => ({ cluster: cluster(id, { members: [...ids, 'd'].map((one) => ({ id: one })) }) }),
      /not the members of one cluster/,
    ],
  ])('%s is refused', (_what, factsOf, says) => {
    expect(objections(runbook, scopes(factsOf))).toEqual([expect.stringMatching(says)])
  })
  test('a full database is no reason to refuse', () => {
    expect(
      objections(
        runbook,
        scopes((id) => ({ cluster: cluster(id, { alarms: ['NOSPACE on b'] }) })),
      ),
    ).toEqual([])
  })
})

describe('etcd-cpu-priority', () => {
  const runbook = load('etcd-cpu-priority')
  const priority = (more: JsonObject = {}): JsonObject => ({
    nice: 0,
    io_class: 'none',
    io_priority: 4,
    cpu_weight: null,
    io_weight: null,
    oom_score_adj: 0,
    steal_percent: 0,
    unit: { nice: 0, io_class: 'best-effort', io_priority: 4 },
    ...more,
  })
  const right = { nice: -10, io_class: 'best-effort', io_priority: 0, cpu_weight: 1000 }
  const scopes = (facts: JsonObject = {}, params: JsonObject = {}) =>
    scopesOf(
      runbook,
      (id) => ({
        settings: settingsFacts(100, 1000),
        cluster: cluster(id),
        priority: priority(),
        host: { systemd: 252 },
        fsync: { value: 1.5 },
        ...facts,
      }),
      params,
    )
  const steps = (facts: JsonObject, params: JsonObject = {}) => wanted(runbook, scopes(facts, params).get('a') ?? {})

  test('a member as usual passes, and gets the drop-in', () => {
    expect(objections(runbook, scopes())).toEqual([])
    expect(steps({})).toContain('dropin')
    expect(steps({})).not.toContain('owed')
  })
  test('one that runs with all of it is left alone, also where shares are a little coarser', () => {
    expect(steps({ priority: priority(right) })).toEqual([])
    expect(steps({ priority: priority({ ...right, cpu_weight: 1005 }) })).toEqual([])
    expect(steps({ priority: priority({ ...right, cpu_weight: 100 }) })).toContain('dropin')
    expect(steps({ priority: priority({ ...right, oom_score_adj: 0 }) }, { keep_from_oom: true })).toContain('dropin')
  })
  test('where the unit says it already the member is restarted all the same', () => {
    const unit = { nice: -10, io_class: 'best-effort', io_priority: 0 }
    expect(steps({ priority: priority({ unit }) })).toContain('owed')
  })
  test.each<readonly [string, JsonObject, JsonObject, RegExp]>([
    ['a static pod', { settings: settingsFacts(100, 1000, { deploy: 'kubeadm', unit: null }) }, {}, /run as 'kubeadm'/],
    ['RKE', { settings: settingsFacts(100, 1000, { deploy: 'rke', unit: null }) }, {}, /belongs to another tool/],
    ['an old systemd', { host: { systemd: 229 } }, {}, /systemd 229 does not know CPUWeight/],
    ['threads that differ', { priority: priority({ io_class: null }) }, {}, /cannot be told, or they differ/],
    ['a weight that the kernel has not', {}, { io_weight: 500 }, /no I\/O weight/],
    ['processors that are taken away', { priority: priority({ steal_percent: 12.5 }) }, {}, /takes 12\.5 %/],
    ['a slow disk', { fsync: { value: 64 } }, {}, /takes 64 ms \(p99\): the disk is slow/],
  ])('%s is refused', (_what, facts, params, says) => {
    expect(objections(runbook, scopes(facts, params))).toEqual([expect.stringMatching(says)])
  })
  test('a slow disk may be accepted, and one that is not known is', () => {
    expect(objections(runbook, scopes({ fsync: { value: 64 } }, { although_disk_slow: true }))).toEqual([])
    expect(objections(runbook, scopes({ fsync: { value: null } }))).toEqual([])
  })
})
