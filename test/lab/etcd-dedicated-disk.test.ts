import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { downLab, execLab, sshLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { TOPOLOGIES } from '../../lab/topologies.ts'
import type { Plan } from '../../src/model/plan.ts'
import { untilSaid } from './support/cli-at.ts'
import { parseRecords } from './support/journal-of.ts'
import { type Kept, writingWhile } from './support/keys.ts'
import { cliFor } from './support/run-cli.ts'
import { watchedWhile } from './support/watch.ts'

// Three members under constant writes; the data of e1, which leads, lie on a disk on which each write takes 20 ms. They move to an
// empty disk each, and back.

describe('etcd-dedicated-disk on etcd3-slow', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
  const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
  const cli = cliFor(settings)
  const hosts = TOPOLOGIES['etcd3-slow'].hosts.map(({ name }) => name)
  const urls = TOPOLOGIES['etcd3-slow'].hosts.map(({ address }) => `http://${address}:2379`)
  // The threshold of the disk before it is used is that of a quiet machine; what counts is measured afterwards.
  const args = [
    ...['--set', 'device=/dev/disk/by-id/virtio-lab-vdc', '--set', 'disk_p99_max_ms=100', '--set', 'probe=2s'],
    ...['--set', 'soak=1s', '--set', 'window=5s'],
  ]
  const on = async (host: string, script: string): Promise<string> => {
    const { code, stdout, stderr } = await sshLab(host, [script], settings)
    if (code !== 0) throw new Error(`${host}: ${stderr}`)
    return stdout.trim()
  }
  const everywhere = (script: string): Promise<readonly string[]> => Promise.all(hosts.map((host) => on(host, script)))
  /** What a write would leave behind; cheaper than all files of the hosts. */
  const traces = () =>
    everywhere(
      'find /etc /root /var/lib /var/backups -xdev ! -path "/var/lib/etcd/*/*" ! -path /var/lib/etcd/default -printf "%p %s %T@ %l\\n" 2>/dev/null | sort',
    )
  const filesystems = () => everywhere('findmnt -no SOURCE,FSTYPE -T "$(readlink -f /var/lib/etcd/default)"')
  const asBefore = () =>
    everywhere(
      'cat /etc/fstab; find /var/lib/etcd -maxdepth 1 -printf "%p %y %l %u %m\\n" | sort; find /var/lib -name etcd-disk; wipefs /dev/vdc; systemctl cat etcd',
    )

  async function succeed(...words: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await cli.run(...words)
    expect(code, stdout + stderr).toBe(0)
  }

  const lead = (host: string): Promise<string> =>
    on(
      host,
      `export ETCDCTL_API=3; own=$(etcdctl --endpoints=http://127.0.0.1:2379 endpoint status | cut -d, -f2 | tr -d ' ')
for url in ${urls.join(' ')}; do etcdctl --endpoints=$url move-leader "$own" 2>&1 | grep transferred && exit; done
etcdctl --endpoints=http://127.0.0.1:2379 endpoint status | grep ', true, '`,
    )

  /** Nothing that was acknowledged is lost, and a majority was there at every moment. */
  async function undisturbed(work: () => Promise<void>): Promise<Kept> {
    const { result, watched } = await watchedWhile(settings, urls, () => writingWhile(settings, urls, work))
    expect(result.kept.lost).toEqual([])
    expect(result.kept.acknowledged).toBeGreaterThan(100)
    expect(watched.withoutQuorum).toEqual([])
    expect(watched.fewest).toBeGreaterThanOrEqual(2)
    return result.kept
  }

  beforeAll(async () => {
    await upLab('etcd3-slow', settings)
  })
  afterAll(async () => {
    await downLab(settings)
    rmSync(folder, { recursive: true })
  })

  test('what must not be used is refused in the plan, on each host for its own reason, and nothing is written', async () => {
    await on('e1', 'truncate -s 1G /var/lib/etcd/default/large')
    await on('e2', 'blockdev --setro /dev/vdc')
    await on('e3', 'mkswap -q /dev/vdc')
    const before = await traces()
    const plans = [
      await cli.run('plan', 'etcd-dedicated-disk', ...args),
      await cli.run('plan', 'etcd-dedicated-disk', ...args, '--set', 'device=/dev/disk/by-id/virtio-lab-vdb'),
    ]
    await on('e3', 'systemctl stop etcd')
    plans.push(await cli.run('apply', 'etcd-dedicated-disk', ...args, '--limit', 'e1,e2', '--yes'))
    plans.push(await cli.run('plan', 'etcd-dedicated-disk', ...args, '--limit', 'e3'))
    await on('e3', 'systemctl start etcd')
    const after = await traces()
    await on('e1', 'rm /var/lib/etcd/default/large')
    await on('e2', 'blockdev --setrw /dev/vdc')
    await on('e3', 'wipefs -qa /dev/vdc && blkdiscard /dev/vdc')
    expect(plans.map(({ code }) => code)).toEqual([3, 3, 3, 3])
    const said = plans.map(({ stdout, stderr }) => `${stdout}${stderr}`.replaceAll(/\s+/g, ' '))
    expect(said[0]).toMatch(/is too small: it holds 2.0 GiB; twice what \S+ holds and 1 GiB are 3\.\d GiB/)
    expect(said[0]).toContain('virtio-lab-vdc is read-only')
    expect(said[0]).toContain('virtio-lab-vdc is not empty: it holds swap')
    expect(said[1]).toContain('virtio-lab-vdb is mounted at /var/lib/etcd')
    expect(said[1]).toContain('there is no /dev/disk/by-id/virtio-lab-vdb')
    expect(said[2]).toContain('e3 is unhealthy')
    expect(said[3]).toContain('etcd.service does not run on this host')
    expect(after).toEqual(before)
  })

  test('to the new disks, fast, there again after a reboot, and back, without losing a key', async () => {
    const [start, sources] = [await asBefore(), await filesystems()]
    await lead('e1')
    const moved = await undisturbed(async () => {
      const { code, stdout, stderr } = await cli.run('apply', 'etcd-dedicated-disk', ...args, '--yes')
      // 10: moved, and the moment after it was too loud for a p99 below 10 ms; that is asked again below.
      expect([0, 10], stdout + stderr).toContain(code)
    })
    const { run, records } = parseRecords(cli.stateDir)
    const order = records.flatMap((event) =>
      event.type === 'step-finished' && event.step === 'stop' ? [event.host] : [],
    )
    expect(order).toHaveLength(3)
    // On a busy machine an election may have made another one lead than that on the slow disk.
    const handedOver = records.flatMap((event) =>
      event.type === 'step-started' && event.step === 'leader' ? [event.host] : [],
    )
    expect([order.at(-1)], 'the one that led comes last').toEqual(handedOver)
    expect(await everywhere('readlink /var/lib/etcd/default; ls /var/lib/etcd/*.before-dedicated-disk | sort')).toEqual(
      hosts.map(() => '/var/lib/etcd-disk/data\nSTALE-DO-NOT-START\nmember'),
    )
    const speed = await writingWhile(settings, urls, fastEnough)
    expect(speed.kept.lost).toEqual([])
    const before = records.flatMap((event) =>
      event.type === 'measured' && event.reading.phase === 'before' && event.reading.host === 'e1'
        ? [event.reading]
        : [],
    )
    console.log(`e1 before: ${before.map(({ measure, value }) => `${measure} ${value} ms`).join(', ')}`)

    const disks = await filesystems()
    expect(disks).not.toEqual(sources)
    await reboot('e1')
    expect(await filesystems()).toEqual(disks)
    const again = await cli.run('apply', 'etcd-dedicated-disk', ...args, '--yes')
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to do') })

    await lead('e1')
    const back = await undisturbed(() => succeed('rollback', run, '--yes'))
    expect(await filesystems()).toEqual(sources)
    expect(await asBefore()).toEqual(start)
    console.log(`keys: ${JSON.stringify([moved, back, speed.kept])}`)
  })

  /** By the runbook's own measure and by a scrape of ours; the machine is shared, so in one of several windows. */
  async function fastEnough(): Promise<void> {
    const own: (number | null)[] = []
    const scraped: number[] = []
    for (let left = 6; left > 0; left -= 1) {
      const { stdout } = await cli.run('plan', 'etcd-dedicated-disk', ...args, '--set', 'window=8s', '--json')
      const reading = planIn(stdout).measures.find(({ measure, host }) => measure === 'wal_fsync_p99' && host === 'e1')
      own.push(reading?.note === undefined ? (reading?.value ?? null) : null) // with a note it is no window
      scraped.push(await scrapedP99('e1'))
      if (fast(own) && fast(scraped)) break
    }
    console.log(
      `e1 after: wal_fsync_p99 ${own.join(', ')} ms by the runbook, at most ${scraped.join(', ')} ms by a scrape`,
    )
    expect(fast(own), own.join(', ')).toBe(true)
    expect(fast(scraped), scraped.join(', ')).toBe(true)
  }
  const fast = (values: readonly (number | null)[]): boolean => values.some((value) => value !== null && value < 10)

  /** Of the lines that --json gives, the one that holds the plan. */
  const planIn = (text: string): Plan =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly plan?: Plan }) // the format of --json
      .find(({ plan }) => plan !== undefined)?.plan as Plan // it is always there

  /** The upper bound (ms) of the bucket that holds the 99th of 100 syncs between two scrapes 8 s apart. */
  async function scrapedP99(host: string): Promise<number> {
    const url = urls[hosts.indexOf(host)]
    const scrape = async (): Promise<ReadonlyMap<number, number>> => {
      const { stdout } = await execLab(['curl', '-s', `${url}/metrics`], settings)
      const lines = stdout.matchAll(/^etcd_disk_wal_fsync_duration_seconds_bucket\{le="([^"]+)"\} (\S+)$/gm)
      return new Map(
        [...lines].map(([, le, count]) => [le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), Number(count)]),
      )
    }
    const first = await scrape()
    await delay(8000) // what is measured is this window
    const second = await scrape()
    const counts = [...second].map(([le, count]) => [le, count - (first.get(le) ?? 0)] as const)
    const total = counts.at(-1)?.[1] ?? 0
    expect(total).toBeGreaterThan(100)
    return 1000 * (counts.find(([, count]) => count >= 0.99 * total)?.[0] ?? Number.POSITIVE_INFINITY)
  }

  async function reboot(host: string): Promise<void> {
    const boot = await on(host, 'cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1')
    await sshLab(host, ['systemctl reboot'], settings)
    const text = `ETCDCTL_API=3 etcdctl --endpoints=http://127.0.0.1:2379 endpoint health`
    for (let left = 240; ; left -= 1) {
      const now = await sshLab(host, [`cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1; ${text} >&2`], settings)
      if (now.code === 0 && now.stdout.trim() !== boot) return
      if (left === 0) throw new Error(`${host} did not come back: ${now.stderr}`)
      await delay(500)
    }
  }

  // A member that does not run is the hardest place to be left in; before and after the point of no return, and where another runbook
  // includes this one, whose own facts are then read of a member that does not run.
  const own = ['etcd-dedicated-disk', ...args]
  const included = ['etcd-slow-disk', '--set', 'remedy=etcd-dedicated-disk', ...args]
  const kills = [
    { by: own, at: 'e1 ... Complete the copy', verbs: ['rollback'] },
    { by: included, at: 'e1 done Put it in place', verbs: ['resume', 'rollback'] },
    { by: included, at: 'e1 ... Start the member', verbs: ['rollback'] },
  ] as const

  test.each(kills)('$by.0 killed at "$at": $verbs end right, without losing a key', async ({ by, at, verbs }) => {
    const [start, sources] = [await asBefore(), await filesystems()]
    await undisturbed(async () => {
      const started = cli.start('apply', ...by, '--limit', 'e1', '--yes')
      await untilSaid(started, at)
      started.signal('SIGKILL')
      await started.ended
      const { run } = parseRecords(cli.stateDir)
      for (const verb of verbs) {
        const { code, stdout, stderr } = await cli.run(verb, run, '--yes')
        expect(verb === 'resume' ? [0, 10] : [0], stdout + stderr).toContain(code)
        if (verb === 'resume') expect(await on('e1', 'readlink /var/lib/etcd/default')).toBe('/var/lib/etcd-disk/data')
      }
    })
    expect(await filesystems()).toEqual(sources)
    expect(await asBefore()).toEqual(start)
    expect(await everywhere('systemctl is-active etcd')).toEqual(['active', 'active', 'active'])
  })
})
