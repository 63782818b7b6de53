import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection, Runner } from '../../../src/model/transport.ts'
import { clusterOf } from '../../../src/modules/etcd/cluster-view.ts'
import { lookCluster } from '../../../src/modules/etcd/look-cluster.ts'
import { type QuorumRules, quorumObjection } from '../../../src/modules/etcd/quorum-guard.ts'
import { openLocal, throughShell } from '../law-host.ts'
import { type Scenario, type Version, versions } from './fixture.ts'
import { replayEtcdctl } from './replay-etcdctl.ts'
import { exampleSettings } from './settings-example.ts'

// What real clusters of three versions answered, through the real scripts in each shell, with etcdctl replayed.

const ports = { '3.3.27': '410', '3.4.23': '420', '3.5.16': '430' } as const
const nospacePorts = { '3.3.27': '41510', '3.4.23': '42510', '3.5.16': '23510' } as const
const shells = [['dash'], ['bash', '--posix'], ['busybox', 'ash']].filter(([name = '']) => isThere(name))

function isThere(name: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${name}`])
    return true
  } catch {
    return false
  }
}

let connection: Connection
const folders: string[] = []
beforeAll(async () => {
  connection = await openLocal()
})
afterAll(async () => {
  await connection.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function runnerFor(version: Version, scenario: Scenario, shell: readonly string[]): Runner {
  const folder = replayEtcdctl(version, scenario)
  folders.push(folder)
  const through = throughShell(shell, `${folder}:/usr/local/bin:/usr/bin:/bin`)
  const probe = connection.probe('login')
  return { run: (command, options) => probe.run(through(command), options) }
}

function look(version: Version, scenario: Scenario, member = '30', shell: readonly string[] = ['dash']) {
  const port = scenario === 'nospace' ? nospacePorts[version] : `${ports[version]}${member}`
  const settings = exampleSettings({ endpoint: `http://127.0.0.1:${port}`, version })
  return lookCluster(runnerFor(version, scenario, shell), settings)
}

// The recorded members live on one machine; their URLs lead nowhere from another host, as far as the look can know.
const strict: QuorumRules = {
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

describe.each(versions)('etcd %s', (version) => {
  test.each(shells)('a healthy cluster is seen whole from a member, in %s', async (...shell) => {
    const seen = await look(version, 'healthy', '30', shell)
    expect(seen.members.map((member) => member.name).toSorted()).toEqual(['infra1', 'infra2', 'infra3'])
    expect(seen.own?.version).toBe(version)
    expect(seen.alarms).toEqual([])
    expect(seen.health.map((one) => one.healthy)).toEqual([true, true, true])
    expect(clusterOf(seen).errors).toEqual([])
  })

  test('ids keep all their 64 bits', async () => {
    const seen = await look(version, 'healthy')
    const ids = seen.members.map((member) => member.id)
    expect(ids).toContain(
      { '3.3.27': 'a16cb870db67d8a', '3.4.23': '95750fd4ca73c238', '3.5.16': 'f8cdc2f90cac599e' }[version],
    )
  })

  test('members that announce only a loopback address cannot be asked from here, and count as unhealthy', async () => {
    const seen = await look(version, 'healthy')
    expect(quorumObjection(seen, strict)).toMatch(
      /announces only http:\/\/127\.0\.0\.1:\d+, which other hosts cannot reach/,
    )
  })

  test('without a quorum no member may be stopped, whatever the members say of themselves', async () => {
    const seen = await look(version, 'no-quorum')
    expect(seen.own?.leader).toBeUndefined()
    expect(quorumObjection(seen, strict)).toMatch(/does not answer|alarms could not be had/)
    expect(clusterOf(seen).is_leader).toBe(false)
  })

  test('an alarm forbids stopping a member, also where health says that all is well', async () => {
    const seen = await look(version, 'nospace')
    expect(quorumObjection(seen, { ...strict, allowDowntime: 'allow' })).toMatch(/^alarm NOSPACE on infra1/)
  })
})
