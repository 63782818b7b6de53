import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FORWARD_PORT, forwardAddress } from '../../lab/forward-address.ts'
import { downLab, sshLab, upLab } from '../../lab/lab.ts'
import { labPaths } from '../../lab/paths.ts'
import { labSettings } from '../../lab/settings.ts'
import { topologyOf } from '../../lab/state.ts'
import { TOPOLOGIES, type TopologyName } from '../../lab/topologies.ts'
import { hostName } from '../../src/model/id.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Change, Decision, Module, Probe } from '../../src/model/module.ts'
import type { Connection } from '../../src/model/transport.ts'
import { etcdAlarm } from '../../src/modules/etcd/etcd-alarm.ts'
import { etcdDefrag } from '../../src/modules/etcd/etcd-defrag.ts'
import { etcdHealthy } from '../../src/modules/etcd/etcd-healthy.ts'
import { etcdMetric } from '../../src/modules/etcd/etcd-metric.ts'
import { etcdMoveLeader } from '../../src/modules/etcd/etcd-move-leader.ts'
import { etcdSettings } from '../../src/modules/etcd/etcd-settings.ts'
import { etcdSnapshot } from '../../src/modules/etcd/etcd-snapshot.ts'
import { etcdSpace } from '../../src/modules/etcd/etcd-space.ts'
import { createTransport } from '../../src/transport/transport.ts'
import { lawController } from '../modules/law-host.ts'
import { watchedWhile } from './support/watch.ts'

// What differs between versions of etcd, and what a cluster says while a member is down. The laws of the modules are
// tried on etcd 3.4 in modules.test.ts.

const kinds: readonly (readonly [TopologyName, string])[] = [
  ['etcd3-3.3', '3.3'],
  ['etcd3-3.5', '3.5'],
]

// A quota of 12 MiB on one member, then writes of 512 KiB until etcd refuses them; what is old is compacted.
const quotaText = 'echo \'ETCD_QUOTA_BACKEND_BYTES="12582912"\' >>/etc/default/etcd && systemctl restart etcd'
const fillText = `
head -c 524288 /dev/zero | tr '\\0' x >/tmp/value
for n in $(seq 60); do etcdctl put full </tmp/value 2>&1 | grep -a -o 'database space exceeded' && break; done
rm /tmp/value
etcdctl compact "$(ETCDCTL_ENDPOINTS=http://127.0.0.1:2379 etcdctl endpoint status -w json | sed -n 's/.*"revision":\\([0-9]*\\).*/\\1/p')"
`

describe.each(kinds)('on %s', (kind, version) => {
  const settings = labSettings({}, { stateDir: mkdtempSync(path.join(tmpdir(), 'runbook-lab-')) })
  const urls = TOPOLOGIES[kind].hosts.map((host) => `http://${host.address}:2379`)
  const connections = new Map<string, Connection>()
  beforeAll(async () => {
    const state = await upLab(kind, settings)
    const transport = createTransport({ randomBytes })
    for (const host of topologyOf(state).hosts) {
      const connection = await transport.open({
        host: hostName(host.name),
        transport: 'ssh2',
        address: forwardAddress(host, state.loopback),
        port: FORWARD_PORT,
        user: 'root',
        identityFiles: [labPaths(settings.stateDir).key],
        knownHostsFiles: [labPaths(settings.stateDir).knownHosts],
        connectTimeoutMs: 30_000,
      })
      connections.set(host.name, connection)
    }
  })
  afterAll(async () => {
    for (const connection of connections.values()) await connection.close()
    await downLab(settings)
    rmSync(settings.stateDir, { recursive: true, force: true })
  })

  const connectionTo = (name: string): Connection => {
    const connection = connections.get(name)
    if (!connection) throw new Error(`no connection to ${name}`)
    return connection
  }
  const decide = async (module: Module, args: JsonObject, name = 'e1'): Promise<Decision> => {
    const probe: Probe = { host: hostName(name), predicted: () => undefined, run: connectionTo(name).probe('root').run }
    return module.plan(args, await module.read(args, probe))
  }
  const session = (name: string) => ({
    host: hostName(name),
    folder: '/var/lib/runbook/test/step',
    run: connectionTo(name).session('root').run,
    controller: lawController,
  })
  const changeIn = (decision: Decision): Change => {
    if (decision.kind === 'change') return decision.change
    throw new Error(`expected a change, got ${JSON.stringify(decision)}`)
  }
  const leader = async (): Promise<string> => {
    const decision = await decide(etcdHealthy, { election_stable_s: 0 })
    const output = decision.kind === 'noop' ? decision.output : undefined
    return String((output as JsonObject | undefined)?.leader) // sealed: etcd_healthy's own output
  }

  test('the running version and timeouts are seen, and confirmed by the log of the start', async () => {
    const decision = await decide(etcdSettings, {})
    expect(decision).toMatchObject({ kind: 'noop', output: { heartbeat_ms: 100, election_ms: 1000, problem: '' } })
    expect(JSON.stringify(decision)).toContain(`"version":"${version}.`)
  })

  test('the cluster is healthy, and metrics are there', async () => {
    expect(await decide(etcdHealthy, { election_stable_s: 1 })).toMatchObject({ kind: 'noop' })
    expect(await decide(etcdMetric, { name: 'etcd_server_has_leader' }, 'e2')).toMatchObject({ output: { value: 1 } })
  })

  test('leadership moves away from the leader and stays away', async () => {
    const before = await leader()
    const change = changeIn(await decide(etcdMoveLeader, {}, before))
    const apply = () => etcdMoveLeader.apply?.({}, change, session(before))
    const { watched } = await watchedWhile(settings, urls, async () => apply())
    expect(watched).toMatchObject({ fewest: 3, withoutQuorum: [] })
    expect(await leader()).toBe(change.after?.leader)
    expect(await decide(etcdMoveLeader, {}, before)).toMatchObject({ kind: 'noop' })
  })

  test('a snapshot is taken, proven by a restore, found fresh, and removed', async () => {
    const args = { dir: '/srv/backup/etcd' }
    const change = changeIn(await decide(etcdSnapshot, args, 'e2'))
    await etcdSnapshot.apply?.(args, change, session('e2'))
    expect(await decide(etcdSnapshot, args, 'e2')).toMatchObject({ kind: 'noop', output: { verified: 'restore' } })
    await etcdSnapshot.revert?.(args, change, session('e2'))
    const left = await sshLab('e2', ['ls -A /srv'], settings)
    expect(left.stdout.trim()).toBe('')
  })

  test('a full database is told, defragmented member by member, and takes writes again', async () => {
    const client = `export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=${urls.join(',')};`
    const full = await sshLab('e2', [`${quotaText}\n${client}\n${fillText}`], settings)
    expect(full).toMatchObject({ code: 0, stdout: expect.stringContaining('database space exceeded') })
    const thresholds = { min_free_mb: 1 }
    expect(await decide(etcdSpace, thresholds, 'e2')).toMatchObject({
      output: { worth: true, quota_bytes: 12_582_912 },
    })
    expect(await decide(etcdHealthy, { election_stable_s: 0 })).toMatchObject({
      kind: 'blocked',
      message: expect.stringMatching(/alarm NOSPACE on e\d/),
    })
    expect(await decide(etcdAlarm, { disarm: 'NOSPACE' }, 'e2')).toMatchObject({
      kind: 'blocked',
      message: expect.stringMatching(/not below 80 % of its quota/),
    })
    for (const name of ['e1', 'e2', 'e3']) {
      const leads = await decide(etcdMoveLeader, {}, name)
      if (leads.kind === 'change') await etcdMoveLeader.apply?.({}, leads.change, session(name))
      const change = changeIn(await decide(etcdDefrag, {}, name))
      await etcdDefrag.apply?.({}, change, session(name))
    }
    expect(await decide(etcdSpace, thresholds, 'e2')).toMatchObject({ output: { worth: false } })
    const change = changeIn(await decide(etcdAlarm, { disarm: 'NOSPACE' }, 'e2'))
    await etcdAlarm.apply?.({ disarm: 'NOSPACE' }, change, session('e2'))
    const put = await sshLab('e2', [`${client} etcdctl put after 1`], settings)
    expect(put).toMatchObject({ code: 0 })
    expect(await decide(etcdHealthy, { election_stable_s: 0 })).toMatchObject({ kind: 'noop' })
  })

  test('while a member is down no other may be stopped, and without a quorum nothing claims health', async () => {
    await sshLab('e3', ['systemctl stop etcd'], settings)
    expect(await decide(etcdHealthy, { election_stable_s: 0 })).toMatchObject({
      kind: 'blocked',
      message: expect.stringMatching(/e3 is unhealthy/),
    })
    expect(await decide(etcdHealthy, { election_stable_s: 0, stopping: 0, require_all: false })).toMatchObject({
      kind: 'noop',
    })
    expect(await decide(etcdHealthy, { election_stable_s: 0, require_all: false })).toMatchObject({
      kind: 'blocked',
      message: expect.stringMatching(/would leave 1 healthy voters, 2 are needed/),
    })
    const { watched } = await watchedWhile(settings, urls, async () => {
      await sshLab('e2', ['systemctl stop etcd'], settings)
      expect(await decide(etcdHealthy, { election_stable_s: 0, stopping: 0, require_all: false })).toMatchObject({
        kind: 'blocked',
      })
    })
    expect(watched.fewest).toBeLessThan(2)
    expect(watched.withoutQuorum).not.toEqual([])
    await Promise.all(['e2', 'e3'].map((name) => sshLab(name, ['systemctl start etcd'], settings)))
    await expect
      .poll(() => decide(etcdHealthy, { election_stable_s: 2 }), { timeout: 60_000 })
      .toMatchObject({ kind: 'noop' })
  })
})
