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
import { behindTls, showing, WITH_CERTIFICATE } from './support/etcd-tls.ts'
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
  const urls = TOPOLOGIES['etcd3-slow'].hosts.map(({ address }) => `https://${address}:2379`).join(',')
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

  describe('behind TLS that wants a certificate of the client', () => {
    beforeAll(() => behindTls(cluster))
    const applied = async (...words: readonly string[]) => {
      const { code, stdout, stderr } = await cli.run('apply', ...words, '--yes')
      expect(code, stderr + stdout).toBe(0)
    }

    test('who shows none is refused, and the diagnosis has its numbers of every member all the same', async () => {
      await expect(on('e1', 'curl -sk https://127.0.0.1:2381/metrics')).rejects.toThrow()
      // Enough syncs on each since it was started for half of them to tell.
      await on(
        'e1',
        `set -e; ${WITH_CERTIFICATE}; for n in 1 2 3 4 5 6 7 8 9; do etcdctl --endpoints=${urls} put some $n; done`,
      )
      const diagnosis = await cluster.diagnose('--set', 'window=2s', '--set', 'packets=5')
      expect(diagnosis.unseen).toEqual([])
      for (const { name } of cluster.members) {
        expect(read(diagnosis, 'wal_fsync_p50', name)?.value, name).toBeGreaterThan(0)
        expect(read(diagnosis, 'leader_changes', name)?.value, name).not.toBeNull()
      }
    })

    test('a snapshot is taken, and every member is defragmented', async () => {
      await applied('etcd-backup')
      const filled = `head -c 524288 /dev/zero | tr '\\0' x >/root/value; for n in 1 2 3 4 5 6 7 8; do etcdctl put full </root/value; done
etcdctl compact "$(etcdctl get full -w json | sed 's/.*"revision":\\([0-9]*\\).*/\\1/')"`
      await on('e1', `set -e; ${WITH_CERTIFICATE} ETCDCTL_ENDPOINTS=${urls}; ${filled}`)
      const sizes = async (): Promise<readonly number[]> => {
        const text = await on('e1', `${WITH_CERTIFICATE}; etcdctl endpoint status -w json --endpoints=${urls}`)
        return [...text.matchAll(/"dbSize":(\d+)/g)].map(([, size]) => Number(size))
      }
      expect(Math.min(...(await sizes()))).toBeGreaterThan(4_000_000)
      await applied('etcd-defrag', '--set', 'min_free_percent=1', '--set', 'min_free_mb=1', '--set', 'soak=0s')
      expect((await sizes()).map((size) => size < 2_000_000)).toEqual([true, true, true])
    })

    test.each([
      ['expired', 'certificate has expired'],
      ['none', 'there is no /etc/etcd/tls/none.crt'],
    ])(
      'a certificate that no member accepts (%s) is one message, and nothing is begun',
      async (certificate, reason) => {
        await on('e2', showing(certificate))
        const { code, stdout, stderr } = await cli.run('plan', 'etcd-backup')
        expect({ code, text: stderr + stdout }).toEqual({ code: 3, text: expect.stringContaining(reason) })
        expect(stderr.split('\n').filter((line) => line.includes('cannot be asked'))).toHaveLength(1)
        await on('e2', "sed -i '/^ETCDCTL_/d' /etc/default/etcd")
      },
    )
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
