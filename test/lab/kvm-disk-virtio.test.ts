import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, sshLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { untilSaid } from './support/cli-at.ts'
import { parseRecords } from './support/journal-of.ts'
import { cliFor, type Started } from './support/run-cli.ts'

// A virtual machine of a real libvirt, its processor emulated, goes from an IDE disk to virtio and back.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const cli = cliFor(settings)
const patient = ['--timeout', '60'] // the machine that emulates is shared
const few = ['--set', 'reads=100', ...patient]

const on = async (host: 'v1' | 'g1', text: string): Promise<string> => {
  const { code, stdout, stderr } = await sshLab(host, [text], settings)
  if (code !== 0) throw new Error(`${host}: ${stderr}`)
  return stdout.trim()
}
const definition = () => on('v1', 'virsh dumpxml --inactive --security-info g1')
const root = () => on('g1', 'findmnt -no SOURCE /')

async function killedAt(started: Started, text: string): Promise<void> {
  await untilSaid(started, text)
  started.signal('SIGKILL')
  await started.ended
}

beforeAll(async () => {
  await upLab('kvm', settings)
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true })
})

test('a guest that names its disk by device is refused in the plan', async () => {
  await on('g1', 'cp /etc/fstab /root/fstab; echo "/dev/sda1 /srv ext4 noauto 0 0" >>/etc/fstab')
  const { code, stdout, stderr } = await cli.run('plan', 'kvm-disk-virtio', ...few)
  expect({ code, said: `${stdout}${stderr}` }).toMatchObject({
    code: 3,
    said: expect.stringMatching(/names disks that will be called otherwise: \/dev\/sda1[\s\S]*UUID=/),
  })
  await on('g1', 'cp /root/fstab /etc/fstab; rm /root/fstab')
})

test('to virtio, killed in the middle and gone on with, and exactly back, killed while it is off', async () => {
  const before = await definition()
  expect(await root()).toBe('/dev/sda')

  const plan = await cli.run('plan', 'kvm-disk-virtio', ...few)
  expect(plan.stdout, plan.stderr).toMatch(
    /-\s+<target dev="hda" bus="ide"\/>[\s\S]*\+\s+<target dev="vda" bus="virtio"\/>/,
  )
  expect(await definition(), 'a plan changes nothing').toBe(before)

  await killedAt(cli.start('apply', 'kvm-disk-virtio', '--yes', ...few), 'g1 done Change the definition')
  expect(await on('v1', 'virsh domstate g1')).toBe('shut off')
  const resumed = await cli.run('resume', 'last', '--yes', ...patient) // it starts the guest, which it cannot look at before
  expect(resumed.code, resumed.stdout + resumed.stderr).toBe(0)
  expect(resumed.stdout).toMatch(
    /on 1 hosts?;[\s\S]*with its root file system on virtio: assumed after .*its host is off until then/,
  )
  expect(await root()).toBe('/dev/vda')
  const readings = parseRecords(cli.stateDir).records.flatMap((one) => (one.type === 'measured' ? [one.reading] : []))
  const [slow, fast] = readings
  expect([slow?.phase, fast?.phase]).toEqual(['before', 'after'])
  // Each read of the lab's disk takes 5 ms, one at a time by IDE. Emulation takes its part of the gain, more of it on a busy machine.
  expect(fast?.value ?? 0).toBeGreaterThan(1.5 * (slow?.value ?? Number.POSITIVE_INFINITY))
  console.log(readings.map(({ phase, value }) => `parallel reads ${phase}: ${value} 1/s`).join(', '))

  const again = await cli.run('apply', 'kvm-disk-virtio', '--yes', ...few)
  expect({ code: again.code, said: again.stdout }).toMatchObject({
    code: 0,
    said: expect.stringContaining('Nothing to do'),
  })

  const { run } = parseRecords(cli.stateDir)
  await killedAt(cli.start('rollback', run, '--yes', ...patient), 'g1 undone Change the definition')
  const back = await cli.run('rollback', run, '--yes', ...patient) // it begins on the hypervisor, as the guest is off
  expect(back.code, back.stdout + back.stderr).toBe(0)
  expect(await definition()).toBe(before)
  expect(await root()).toBe('/dev/sda')
})
