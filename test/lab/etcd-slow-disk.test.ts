import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { downLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { TOPOLOGIES } from '../../lab/topologies.ts'
import type { Diagnosis } from '../../src/model/diagnosis.ts'
import { type Cluster, clusterOf, OFF_THE_DISK } from '../scenarios/cluster.ts'
import { isRight, resultLine, resultOf } from '../scenarios/matrix.ts'
import { runScenario } from '../scenarios/run-scenario.ts'
import { scenariosFrom } from '../scenarios/scenario.ts'
import { cliFor } from './support/run-cli.ts'

const BOUNDED = ['latency, follower', 'burners, leader', 'disk and loss, leader']

// Three members under steady writes; e1 leads, and its data lies on a disk on which each write takes 20 ms. Then the same cluster
// with the data elsewhere, and other causes.

describe('diagnose etcd-slow-disk on etcd3-slow', () => {
  const stateDir = path.join(tmpdir(), `runbook-lab-slow-${process.pid}`)
  const settings = labSettings({}, { stateDir })
  const [e1, ...others] = TOPOLOGIES['etcd3-slow'].hosts
  const cli = cliFor(settings)
  let cluster: Cluster
  const on: Cluster['on'] = (host, script) => cluster.on(host, script)
  const diagnose = (): Promise<Diagnosis> => cluster.diagnose('--set', 'window=6s', '--set', 'packets=30')
  const read = ({ readings }: Diagnosis, measure: string, host: string) =>
    readings.find((reading) => reading.measure === measure && reading.host === host)
  const causes = (diagnosis: Diagnosis) =>
    diagnosis.causes.map(({ name, hosts }) => `${name}: ${hosts.map(({ host }) => host).join(' ')}`)

  beforeAll(async () => {
    await upLab('etcd3-slow', settings)
    cluster = clusterOf(settings, cli)
    await cluster.lead('e1')
    await cluster.load('e2')
    // It has written more than the hundred times that a quantile wants.
    await on(
      'e1',
      `export ETCDCTL_API=3; n=0
until [ "$(etcdctl endpoint status | cut -d, -f8)" -gt 150 ]; do n=$((n + 1)); [ $n -lt 300 ] || exit 1; sleep 0.2; done`,
    )
  })
  afterAll(async () => {
    await downLab(settings)
    await rm(stateDir, { recursive: true, force: true })
  })

  test('a leader on a slow disk: the disk is named, with p99, device and log, and a disk of its own comes first', async () => {
    const diagnosis = await diagnose()
    expect(causes(diagnosis)).toEqual(['disk: e1'])
    expect(diagnosis.causes[0]?.remedies.map(({ runbook }) => runbook)).toEqual([
      'etcd-dedicated-disk',
      'etcd-tune-timeouts',
    ])
    expect(read(diagnosis, 'wal_fsync_p99', 'e1')).toMatchObject({ verdict: 'fail' })
    expect(read(diagnosis, 'wal_fsync_p99', 'e1')?.value).toBeGreaterThan(20)
    expect(read(diagnosis, 'device_write_await', 'e1')?.value).toBeGreaterThan(20)
    const log = read(diagnosis, 'slow_requests_logged', 'e1')
    expect(log?.value).toBeGreaterThan(0)
    expect(log?.note).toMatch(/^p99 [\d.]+ ms, worst [\d.]+ ms$/)
    for (const { name } of others) expect(read(diagnosis, 'wal_fsync_p99', name)?.verdict, name).not.toBe('fail')
  })

  test('the same member with its data elsewhere and too little processor time: not the disk', async () => {
    await on('e1', `${OFF_THE_DISK}; systemctl set-property --runtime etcd CPUQuota=2%`)
    const diagnosis = await diagnose()
    expect(causes(diagnosis)).toEqual(['processors: e1'])
    expect(diagnosis.causes[0]?.remedies[0]?.runbook).toBe('etcd-cpu-priority')
    await on('e1', 'systemctl set-property --runtime etcd CPUQuota=')
  })

  test('a member that loses a fifth of the packets of the others: the network', async () => {
    const peers = [e1, ...others].filter((host) => host?.name !== 'e2').map((host) => host?.address)
    await on(
      'e2',
      `nft add table inet lossy; nft add chain inet lossy in '{ type filter hook input priority 0; }'
nft add rule inet lossy in ip saddr '{ ${peers.join(', ')} }' numgen random mod 100 '<' 20 drop`,
    )
    const diagnosis = await diagnose()
    expect(causes(diagnosis)[0]).toMatch(/^network loses packets: .*e2/)
    expect(diagnosis.causes[0]?.remedies).toEqual([])
    await on('e2', 'nft delete table inet lossy')
  })

  // In full, with many more: node test/scenarios/main.ts
  describe('on a cluster that is as new', () => {
    beforeAll(() => cluster.renew())

    test.each(scenariosFrom(1121).filter(({ name }) => BOUNDED.includes(name)))('$name', async (scenario) => {
      const result = resultOf(scenario, await runScenario(cluster, scenario))
      expect(isRight(result), resultLine(result)).toBe(true)
    })
  })
})
