import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/model/json.ts'
import { argsOf, isWanted, loaded, scopesOf, settingsFacts, stepOf } from './bound-runbook.ts'

/** What a member runs with. */
interface Timeouts {
  readonly heartbeat: number
  readonly election: number
}

const keys = ['raise', 'heartbeat', 'lower'] as const
const deploys = ['systemd-env', 'config-file', 'systemd-dropin', 'systemd-flags', 'kubeadm'] as const
const edits = {
  'systemd-env': 'env',
  'config-file': 'config',
  'systemd-dropin': 'dropin',
  'systemd-flags': 'flags',
  kubeadm: 'manifest',
} as const

const facts = (timeouts: Timeouts, index: number, more: JsonObject = {}) => ({
  name: `e${index}`,
  settings: settingsFacts(timeouts.heartbeat, timeouts.election, more),
  cluster: {},
  rtt: null,
  fsync: null,
})

/** Every state that the cluster goes through, member by member, by the runbook's own conditions and values. */
function walk(start: readonly Timeouts[], target: Timeouts): readonly (readonly Timeouts[])[] {
  const params = { heartbeat_ms: target.heartbeat, election_ms: target.election }
  let now = start
  const states = [start]
  for (const [index, key] of keys.entries()) {
    const scopes = scopesOf(
      now.map((one, host) => facts(one, host)),
      params,
    )
    for (let host = 0; host < now.length; host += 1) {
      const edit = stepOf(index + 1, `${key}-env`)
      const scope = scopes.get(`e${host}`) ?? {}
      if (!isWanted(edit, scope)) continue
      const { ETCD_HEARTBEAT_INTERVAL, ETCD_ELECTION_TIMEOUT } = argsOf(edit, scope).set as JsonObject // sealed: env_file's own argument
      const next = { heartbeat: Number(ETCD_HEARTBEAT_INTERVAL), election: Number(ETCD_ELECTION_TIMEOUT) }
      now = now.map((one, other) => (other === host ? next : one))
      states.push(now)
    }
  }
  return states
}

const holdsTogether = (members: readonly Timeouts[]): boolean =>
  members.every((leader) => members.every((follower) => 2 * leader.heartbeat <= follower.election))
const isLegal = ({ heartbeat, election }: Timeouts): boolean => 5 * heartbeat <= election && election <= 50_000

/** Any pair that etcd starts with. */
const timeouts = fc
  .tuple(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 0, max: 45_000 }))
  .map(([heartbeat, more]) => ({ heartbeat, election: Math.min(50_000, 5 * heartbeat + more) }))

describe('whatever the members run with, and whatever is wanted', () => {
  test('no leader can be too slow for a follower at any moment, if none was at the start', () => {
    fc.assert(
      fc.property(fc.array(timeouts, { minLength: 1, maxLength: 5 }), timeouts, (start, target) => {
        fc.pre(holdsTogether(start))
        for (const state of walk(start, target)) expect(holdsTogether(state)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('etcd accepts the settings of every member at every moment', () => {
    fc.assert(
      fc.property(fc.array(timeouts, { minLength: 1, maxLength: 5 }), timeouts, (start, target) => {
        for (const state of walk(start, target)) expect(state.every(isLegal)).toBe(true)
      }),
    )
  })

  test('all members end with what is wanted, also from a mixed state', () => {
    fc.assert(
      fc.property(fc.array(timeouts, { minLength: 1, maxLength: 5 }), timeouts, (start, target) => {
        const end = walk(start, target).at(-1)
        expect(end).toEqual(start.map(() => target))
      }),
    )
  })

  test('what the plan shows for a later stage is what that stage then does', () => {
    fc.assert(
      fc.property(timeouts, timeouts, (start, target) => {
        const params = { heartbeat_ms: target.heartbeat, election_ms: target.election }
        const planned = scopesOf([facts(start, 0)], params).get('e0') ?? {}
        let now = start
        for (const [index, key] of keys.entries()) {
          const edit = stepOf(index + 1, `${key}-env`)
          const reached = scopesOf([facts(now, 0)], params).get('e0') ?? {}
          expect(isWanted(edit, reached)).toBe(isWanted(edit, planned))
          if (!isWanted(edit, reached)) continue
          expect(argsOf(edit, reached)).toEqual(argsOf(edit, planned))
          const set = argsOf(edit, reached).set as JsonObject // sealed: env_file's own argument
          now = { heartbeat: Number(set.ETCD_HEARTBEAT_INTERVAL), election: Number(set.ETCD_ELECTION_TIMEOUT) }
        }
      }),
    )
  })
})

test('the usual case takes two rounds: election first, then heartbeat', () => {
  const [, first, ...rest] = walk(
    [100, 100, 100].map((heartbeat) => ({ heartbeat, election: 1000 })),
    { heartbeat: 500, election: 5000 },
  )
  expect(first?.[0]).toEqual({ heartbeat: 100, election: 5000 })
  expect(rest).toHaveLength(5)
  expect(rest.at(-1)).toEqual([500, 500, 500].map((heartbeat) => ({ heartbeat, election: 5000 })))
})

test('a cluster that runs with what is wanted is left alone', () => {
  expect(walk([{ heartbeat: 500, election: 5000 }], { heartbeat: 500, election: 5000 })).toHaveLength(1)
})

describe.each(deploys)('a member run as %s', (deploy) => {
  const scope =
    scopesOf([facts({ heartbeat: 100, election: 1000 }, 0, { deploy, exec_start: '/usr/bin/etcd --name=e1' })]).get(
      'e0',
    ) ?? {}

  test.each(keys.slice(0, 2).map((key, index) => [key, index + 1] as const))(
    'is edited at one place in stage %s',
    (key, stage) => {
      const wanted = Object.values(edits).filter((edit) => isWanted(stepOf(stage, `${key}-${edit}`), scope))
      expect(wanted).toEqual([edits[deploy]])
    },
  )

  test('gets both values in that place', () => {
    const text = JSON.stringify(argsOf(stepOf(1, `raise-${edits[deploy]}`), scope))
    expect(text).toMatch(/[Hh](EARTBEAT_INTERVAL|eartbeat-interval)["=:]+"?100\b/i)
    expect(text).toMatch(/(ELECTION_TIMEOUT|election-timeout)["=:]+"?5000\b/)
  })
})

test('a file that says it already is restarted for, although nothing is edited', () => {
  const owed = facts({ heartbeat: 100, election: 1000 }, 0, { file_election_ms: 5000 })
  const scope = scopesOf([owed]).get('e0') ?? {}
  expect(isWanted(stepOf(1, 'raise-owed'), scope)).toBe(true)
  expect(
    isWanted(stepOf(1, 'raise-owed'), scopesOf([facts({ heartbeat: 100, election: 1000 }, 0)]).get('e0') ?? {}),
  ).toBe(false)
})

test('every stage that restarts a member guards the quorum first, moves leadership, and proves the values after', () => {
  for (const stage of loaded.stages.slice(1)) {
    const modules = stage.steps.map((step) => step.module.name)
    const first = (name: string): number => modules.indexOf(name)
    expect(first('etcd_healthy')).toBe(0)
    expect(first('etcd_move_leader')).toBe(1)
    expect(first('service')).toBeGreaterThan(1)
    expect(modules.lastIndexOf('etcd_settings')).toBeGreaterThan(modules.lastIndexOf('service'))
    expect(stage.steps.slice(0, 2).every((step) => step.beforeUndo)).toBe(true)
    expect(stage.rolling).toMatchObject({ batch: [1], maxFailed: 0 })
    expect(stage.rolling.gate.map((step) => step.module.name)).toEqual(['etcd_healthy'])
  }
  expect(loaded.onFailure).toBe('rollback_run')
})

test('the order of a rollback can be told where the facts of other hosts are not there', () => {
  const scope = scopesOf([facts({ heartbeat: 500, election: 5000 }, 0)], {}, { e1: { heartbeat_ms: 500 } }).get('e0')
  expect(scope).toMatchObject({ work_here: false, work_anywhere: false })
})
