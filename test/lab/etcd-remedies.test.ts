import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { downLab, sshLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { TOPOLOGIES } from '../../lab/topologies.ts'
import { differences, type HostSnapshot, lasting, snapshotHost } from './support/host-snapshot.ts'
import { parseRecords } from './support/journal-of.ts'
import { cliFor } from './support/run-cli.ts'
import { watchedWhile } from './support/watch.ts'

// The smaller remedies for etcd on a cluster of three: applied, seen by other means than the program's own, applied again,
// rolled back.

describe('the remedies for etcd on etcd3', () => {
  const stateDir = path.join(tmpdir(), `runbook-lab-remedies-${process.pid}`)
  const settings = labSettings({}, { stateDir })
  const hosts = TOPOLOGIES.etcd3.hosts.map((host) => host.name)
  const urls = TOPOLOGIES.etcd3.hosts.map((host) => `http://${host.address}:2379`)
  const cli = cliFor(settings)
  const snapshots = (): Promise<readonly HostSnapshot[]> =>
    Promise.all(hosts.map((host) => snapshotHost(host, settings)))
  const on = async (host: string, script: string): Promise<string> => {
    const { code, stdout, stderr } = await sshLab(host, [script], settings)
    if (code !== 0) throw new Error(`${host}: ${stderr}`)
    return stdout.trim()
  }
  const everywhere = (script: string): Promise<readonly string[]> => Promise.all(hosts.map((host) => on(host, script)))

  beforeAll(async () => {
    await upLab('etcd3', settings)
    // The usual 100 ms are too little on a machine that has other things to do: heartbeats would be late without any cause of ours.
    await everywhere(
      `printf '%s\\n' ETCD_HEARTBEAT_INTERVAL=500 ETCD_ELECTION_TIMEOUT=5000 >>/etc/default/etcd && systemctl restart etcd`,
    )
  })
  afterAll(async () => {
    await downLab(settings)
    await rm(stateDir, { recursive: true, force: true })
  })

  test('etcd-backup: a snapshot on the host, the same on the controller and on another host, taken once, and gone after a rollback', async () => {
    const before = await snapshots()
    const away = ['--set', 'to_host=e3', '--set', 'to_dir=/srv/etcd-copies']
    await succeed('apply', 'etcd-backup', ...away, '--yes')
    const { run } = parseRecords(cli.stateDir)
    const folder = path.join(cli.stateDir, 'runs', run, 'files')
    const copy = readFileSync(path.join(folder, readdirSync(folder)[0] ?? ''))
    const sum = createHash('sha256').update(copy).digest('hex')
    const found = await everywhere(
      'stat -c %a /var/backups/etcd/*.db 2>/dev/null; cat /var/backups/etcd/*.db 2>/dev/null | sha256sum',
    )
    expect(found.filter((text) => text === `600\n${sum}  -`)).toHaveLength(1)
    expect(await on('e3', 'stat -c %a /srv/etcd-copies/*; sha256sum </srv/etcd-copies/*.db')).toBe(`600\n${sum}  -`)
    const after = await everywhere(traces)
    const again = await cli.run('apply', 'etcd-backup', ...away, '--yes')
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to do') })
    expect(await everywhere(traces)).toEqual(after)
    expect(await cli.run('rollback', run, '--yes')).toMatchObject({ code: 0 })
    expect(differences(before.map(lasting), (await snapshots()).map(lasting))).toEqual([])
  })

  async function succeed(...args: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await cli.run(...args)
    expect(code, stdout + stderr).toBe(0)
  }

  test('etcd-cpu-priority: every thread of every member has it, with the quorum kept, and none after a rollback', async () => {
    // The machine that the lab is on may be short of processors itself.
    const shared = ['--set', 'although_disk_slow=true', '--set', 'steal_max=100']
    const quick = ['--set', 'soak=1s', '--set', 'sample=1', '--set', 'window=2s', ...shared]
    const threads =
      'cut -d " " -f 19 /proc/$(pgrep -x etcd)/task/*/stat | sort -u; for t in /proc/$(pgrep -x etcd)/task/*; do ionice -p ${t##*/}; done | sort -u'
    const [before, usual] = [await snapshots(), await everywhere(threads)]
    const { watched } = await watchedWhile(settings, urls, async () => {
      const applied = await cli.run('apply', 'etcd-cpu-priority', ...quick, '--yes')
      // 10: applied, and a heartbeat was late all the same on this machine.
      expect([0, 10], applied.stdout + applied.stderr).toContain(applied.code)
      const { run } = parseRecords(cli.stateDir)
      expect(new Set(await everywhere(threads))).toEqual(new Set(['-10\nbest-effort: prio 0']))
      // The lab's hosts have cgroup v1: a weight of 1000 is ten times 1024 shares.
      expect(new Set(await everywhere('cat /sys/fs/cgroup/cpu/system.slice/etcd.service/cpu.shares'))).toEqual(
        new Set(['10240']),
      )
      const after = await everywhere(traces)
      const again = await cli.run('apply', 'etcd-cpu-priority', ...quick, '--yes')
      expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to do') })
      expect(await everywhere(traces)).toEqual(after)
      await succeed('rollback', run, '--yes')
    })
    expect(differences(before.map(lasting), (await snapshots()).map(lasting))).toEqual([])
    expect(await everywhere(threads)).toEqual(usual)
    expect(watched.withoutQuorum).toEqual([])
    expect(watched.fewest).toBe(2)
  })

  test('etcd-defrag: a full database takes writes again, the leader was last, and every key is there', async () => {
    const quick = ['--set', 'soak=1s', '--set', 'min_free_mb=1']
    const client = `export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=${urls.join(',')}`
    const size =
      'ETCDCTL_API=3 etcdctl --endpoints=http://127.0.0.1:2379 endpoint status -w json | sed \'s/.*"dbSize":\\([0-9]*\\).*/\\1/\''
    await on('e2', fillText(client))
    const full = await everywhere(size)
    const leader = await leaderOf(client)
    const { watched } = await watchedWhile(settings, urls, async () => {
      await succeed('apply', 'etcd-defrag', ...quick, '--yes')
    })
    const { run, records } = parseRecords(cli.stateDir)
    const order = records.flatMap((event) =>
      event.type === 'step-finished' && event.step === 'defrag' ? [event.host] : [],
    )
    expect(order).toHaveLength(3)
    expect(order.at(-1)).toBe(leader)
    for (const [index, now] of (await everywhere(size)).entries())
      expect(Number(now)).toBeLessThan(Number(full[index]) / 4)
    expect(await on('e1', `${client}; etcdctl put after 1; etcdctl get kept --print-value-only`)).toBe('OK\nyes')
    expect(watched.withoutQuorum).toEqual([])
    const again = await cli.run('apply', 'etcd-defrag', ...quick, '--yes')
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to do') })
    await succeed('rollback', run, '--yes')
    expect(await everywhere('ls /var/backups/etcd 2>/dev/null; true')).toEqual(['', '', ''])
  })

  test('none of them begins where it may not', async () => {
    await on('e1', 'mkdir -p /var/backups/etcd && mount -t tmpfs -o size=16k none /var/backups/etcd')
    const limited = await cli.run('apply', 'etcd-backup', '--limit', 'e1', '--yes')
    expect(limited).toMatchObject({ code: 3, stderr: expect.stringContaining('trial restore need') })
    await on('e1', 'umount /var/backups/etcd && rmdir /var/backups/etcd')
    await on('e3', 'systemctl stop etcd')
    const refused = await cli.run('apply', 'etcd-defrag', '--limit', 'e1,e2', '--set', 'soak=1s', '--yes')
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('e3 is unhealthy') })
    expect(refused.stderr).toContain('run it on all members at once')
    expect(await everywhere('ls /var/backups 2>/dev/null | grep etcd; true')).toEqual(['', '', ''])
  })

  async function leaderOf(client: string): Promise<string> {
    const lines = (await on('e1', `${client}; etcdctl endpoint status`)).split('\n')
    return hosts[lines.findIndex((line) => line.split(', ')[4] === 'true')] ?? ''
  }
})

/** What a second apply would leave behind; cheaper than all files of the host. */
const traces = 'systemctl show -p InvocationID etcd; find /etc /var/backups -printf "%p %s %T@\\n" | sort'

/** A quota of 12 MiB on one member, writes until etcd refuses them, and what is old compacted. */
const fillText = (client: string): string => `
echo 'ETCD_QUOTA_BACKEND_BYTES="12582912"' >>/etc/default/etcd && systemctl restart etcd
${client}
etcdctl put kept yes
head -c 524288 /dev/zero | tr '\\0' x >/tmp/value
for n in $(seq 60); do etcdctl put full </tmp/value 2>&1 | grep -a -o 'database space exceeded' && break; done
rm /tmp/value
etcdctl compact "$(ETCDCTL_ENDPOINTS=http://127.0.0.1:2379 etcdctl endpoint status -w json | sed -n 's/.*"revision":\\([0-9]*\\).*/\\1/p')"
etcdctl alarm list | grep NOSPACE
`
