import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { downLab, sshLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { TOPOLOGIES } from '../../lab/topologies.ts'
import { untilSaid } from './support/cli-at.ts'
import { parseRecords } from './support/journal-of.ts'
import { writingWhile } from './support/keys.ts'
import { cliFor } from './support/run-cli.ts'
import { watchedWhile } from './support/watch.ts'

// Three members under constant writes; the data of e1 lie on a disk on which each write takes 20 ms, and move to an empty one.

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
  const filesystems = () => everywhere('findmnt -no SOURCE,FSTYPE -T "$(readlink -f /var/lib/etcd/default)"')
  const asBefore = () =>
    everywhere(
      'cat /etc/fstab; find /var/lib/etcd -maxdepth 1 -printf "%p %y %l %u %m\\n" | sort; find /var/lib -name etcd-disk; wipefs /dev/vdc; systemctl cat etcd',
    )

  /** Nothing that was acknowledged is lost, and a majority was there at every moment. */
  async function undisturbed(work: () => Promise<void>): Promise<void> {
    const { result, watched } = await watchedWhile(settings, urls, () => writingWhile(settings, urls, work))
    expect(result.kept.lost).toEqual([])
    expect(result.kept.acknowledged).toBeGreaterThan(100)
    expect(watched.withoutQuorum).toEqual([])
    expect(watched.fewest).toBeGreaterThanOrEqual(2)
  }

  beforeAll(async () => {
    await upLab('etcd3-slow', settings)
  })
  afterAll(async () => {
    await downLab(settings)
    rmSync(folder, { recursive: true })
  })

  // A member that does not run is the hardest place to be left in.
  const kills = [{ at: 'e1 ... Start the member', verbs: ['rollback'] }] as const

  test.each(kills)('killed at "$at": $verbs end right, without losing a key', async ({ at, verbs }) => {
    const [start, sources] = [await asBefore(), await filesystems()]
    await undisturbed(async () => {
      const started = cli.start('apply', 'etcd-dedicated-disk', ...args, '--limit', 'e1', '--yes')
      await untilSaid(started, at)
      started.signal('SIGKILL')
      await started.ended
      const { run } = parseRecords(cli.stateDir)
      for (const verb of verbs) {
        const { code, stdout, stderr } = await cli.run(verb, run, '--yes')
        expect(code, stdout + stderr).toBe(0)
      }
    })
    expect(await filesystems()).toEqual(sources)
    expect(await asBefore()).toEqual(start)
    expect(await everywhere('systemctl is-active etcd')).toEqual(['active', 'active', 'active'])
  })
})
