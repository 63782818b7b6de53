import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadRunbook } from '../../../src/load/runbook.ts'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import { unwrap } from '../../../src/model/problem.ts'
import { createModules } from '../../../src/modules/index.ts'

// The runbook's own script, on files of a guest that lie in a folder, and what its guards make of that.

const file = path.join(import.meta.dirname, '../../../runbooks/kvm-disk-virtio.yaml')
const runbook = unwrap(loadRunbook({ file, text: readFileSync(file, 'utf8'), modules: createModules() }))
const folder = mkdtempSync(path.join(tmpdir(), 'kvm-guest-'))
afterAll(() => rmSync(folder, { recursive: true }))

const KERNEL = '6.1.0-18-amd64'
const FINE: Readonly<Record<string, string>> = {
  'etc/fstab':
    'UUID=1-2 / ext4 defaults 0 1\n# /dev/sda1 was / during installation\n/dev/mapper/vg-data /data xfs defaults 0 2\n',
  'proc/cmdline': 'BOOT_IMAGE=/vmlinuz root=UUID=1-2 ro quiet\n',
  [`boot/vmlinuz-${KERNEL}`]: '',
  [`boot/config-${KERNEL}`]: 'CONFIG_VIRTIO_BLK=m\nCONFIG_VIRTIO_PCI=m\n',
  [`boot/initrd.img-${KERNEL}`]: 'usr/lib/modules/k/virtio_blk.ko\nusr/lib/modules/k/virtio_pci.ko.xz\n',
}

/** What the fact says of a guest with these files; an image is the list of what is in it. */
function guestWith(files: Readonly<Record<string, string>>): JsonObject {
  const root = mkdtempSync(path.join(folder, 'root-'))
  const tools = {
    lsinitramfs: 'cat "$1"',
    lsinitrd: 'cat "$1"',
    findmnt: 'echo /dev/sda1',
    pgrep: 'exit 1',
    systemctl: 'exit 1',
    uname: 'echo Linux',
  }
  const all = {
    ...FINE,
    ...Object.fromEntries(Object.entries(tools).map(([name, text]) => [`tools/${name}`, `#!/bin/sh\n${text}\n`])),
    ...files,
  }
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), text)
  }
  for (const name of Object.keys(tools)) chmodSync(path.join(root, 'tools', name), 0o755)
  const script = String(unwrap(runbook.facts[0]?.args.bind({}) ?? never()).script)
  const placed = script.replaceAll(/(?<=[ "#])\/(etc|proc|boot)\//g, `${root}/$1/`)
  const said = execFileSync('/bin/sh', ['-c', placed], {
    encoding: 'utf8',
    env: { PATH: `${path.join(root, 'tools')}:/usr/bin:/bin` },
  })
  return JSON.parse(said)
}

const never = (): never => {
  throw new Error('the runbook has no fact')
}

function objections(guest: JsonObject, more: JsonObject = {}): readonly string[] {
  const params = Object.fromEntries(runbook.params.map(({ name, default: value }) => [name, value ?? null]))
  const scope = { ...params, hypervisor: 'kvm1', domain: 'g1', ...more, guest: { json: guest } }
  return runbook.guards.flatMap((guard) => {
    const { that, message } = unwrap(guard.args.bind(withVars(scope)))
    return that === false ? [String(message)] : []
  })
}

/** A scope with the runbook's own variables; a guest without a member of etcd has no cluster. */
function withVars(scope: JsonObject): JsonObject {
  const known: Record<string, Json> = { resuming: false, cluster: null, ...scope }
  for (const { name, value } of runbook.vars) known[name] = unwrap(value.bind(known))
  return known
}

test('a guest that names nothing by its device and has the drivers may change', () => {
  expect(objections(guestWith({}))).toEqual([])
})

test.each<readonly [string, Readonly<Record<string, string>>, string]>([
  ['in fstab', { 'etc/fstab': '/dev/sda1 / ext4 defaults 0 1\n' }, '/dev/sda1'],
  ['as swap in fstab', { 'etc/fstab': 'UUID=1 / ext4 defaults 0 1\n/dev/hda5 none swap sw 0 0\n' }, '/dev/hda5'],
  ['on the command line of the kernel', { 'proc/cmdline': 'root=/dev/sda2 ro\n' }, '/dev/sda2'],
  [
    'in crypttab',
    { 'etc/crypttab': 'data /dev/disk/by-id/ata-QEMU_HARDDISK_QM1-part3 none luks\n' },
    '/dev/disk/by-id/ata-QEMU_HARDDISK_QM1-part3',
  ],
  ["in GRUB's settings", { 'etc/default/grub': 'GRUB_CMDLINE_LINUX="resume=/dev/sda3"\n' }, '/dev/sda3'],
  ["in GRUB's map of devices", { 'boot/grub/device.map': '(hd0) /dev/sda\n' }, '/dev/sda'],
])('a disk named by its device %s is refused', (_where, files, name) => {
  expect(objections(guestWith(files))).toEqual([expect.stringContaining(`will be called otherwise: ${name}`)])
})

describe('a kernel without the drivers', () => {
  const lacking = (files: Readonly<Record<string, string>>) => objections(guestWith(files))

  test('in its initramfs is refused', () => {
    expect(lacking({ [`boot/initrd.img-${KERNEL}`]: 'usr/lib/modules/k/ata_piix.ko\n' })).toEqual([
      expect.stringContaining(`in their initramfs: ${KERNEL};`),
    ])
  })

  test('in its initramfs is let pass where they are built in first', () => {
    const guest = guestWith({ [`boot/initrd.img-${KERNEL}`]: '' })
    expect(objections(guest, { fix_initramfs: true })).toEqual([])
  })

  test('is refused where only another one has them: GRUB may start either', () => {
    const older = { 'boot/vmlinuz-5.10': '', 'boot/initrd.img-5.10': 'kernel/virtio_blk.ko\n' }
    expect(lacking(older)).toEqual([expect.stringContaining('in their initramfs: 5.10;')])
  })

  test('that has them built in needs none, nor does one of dracut that has them', () => {
    expect(
      lacking({
        [`boot/config-${KERNEL}`]: 'CONFIG_VIRTIO_BLK=y\nCONFIG_VIRTIO_PCI=y\n',
        [`boot/initrd.img-${KERNEL}`]: '',
      }),
    ).toEqual([])
  })
})

test('a guest of which the inventory does not say where it runs is refused', () => {
  expect(objections(guestWith({}), { hypervisor: '' })).toEqual(['the inventory does not say where this guest runs'])
  expect(objections(guestWith({}), { domain: '' })).toEqual(['the inventory does not say where this guest runs'])
})

test('what is no Linux, and a member of etcd whose plug may be pulled, are refused', () => {
  expect(objections({ ...guestWith({}), system: 'FreeBSD' })).toHaveLength(1)
  const member = { ...guestWith({}), etcd: true, etcd_runs: true }
  expect(objections(member)).toEqual([])
  expect(objections(member, { allow_destroy: true })).toEqual([
    'this guest runs etcd, whose data a pulled plug may cost',
  ])
})

describe('a member of etcd in the guest', () => {
  test('is one that runs, that systemd starts, or that the kubelet has a manifest of', () => {
    const told = (files: Readonly<Record<string, string>>) => {
      const { etcd, etcd_runs } = guestWith(files)
      return { etcd, etcd_runs }
    }
    expect(told({})).toEqual({ etcd: false, etcd_runs: false })
    expect(told({ 'tools/pgrep': '#!/bin/sh\n' })).toEqual({ etcd: true, etcd_runs: true })
    expect(told({ 'tools/systemctl': '#!/bin/sh\n' })).toEqual({ etcd: true, etcd_runs: false })
    expect(told({ 'etc/kubernetes/manifests/etcd.yaml': '' })).toEqual({ etcd: true, etcd_runs: false })
  })

  test('that does not run is refused before a run, and may be on its way up in the middle of one', () => {
    const down = { ...guestWith({}), etcd: true }
    expect(objections(down)).toEqual(['etcd starts with this guest, and does not run now'])
    expect(objections(down, { resuming: true })).toEqual([])
  })

  const scopeOf = (root: string, cluster: JsonObject | null): JsonObject =>
    withVars({
      ...{ hypervisor: 'kvm1', domain: 'g1', seen: null, cluster },
      guest: { json: { ...guestWith({}), root, etcd: cluster !== null, etcd_runs: cluster !== null } },
    })
  const [stage] = runbook.stages
  const order = (scope: JsonObject) => stage?.rolling.orderBy && unwrap(stage.rolling.orderBy.bind(scope))
  const asked = (scope: JsonObject, module: string) =>
    stage?.steps.filter((step) => step.module.name === module).map(({ when }) => when && unwrap(when.bind(scope)))

  test('goes alone, the leader last', () => {
    const scopes = [{ is_leader: true }, { is_leader: false }, null].map((cluster) => scopeOf('/dev/sda', cluster))
    expect(scopes.map(order)).toEqual([true, false, false])
    expect(stage?.rolling.batch).toEqual([1])
  })

  test('keeps its leadership where the guest is on virtio already', () => {
    expect(asked(scopeOf('/dev/sda', { is_leader: true }), 'etcd_move_leader')).toEqual([true])
    expect(asked(scopeOf('/dev/vda', { is_leader: true }), 'etcd_move_leader')).toEqual([false])
  })
})

test('without its variables no step asks a hypervisor', () => {
  const scope = withVars({ hypervisor: '', domain: '', guest: { json: guestWith({}) } })
  const asking = runbook.stages.flatMap(({ steps }) => steps.filter(({ on }) => on))
  expect(asking.map(({ when }) => when && unwrap(when.bind(scope)))).toEqual([false, false, false])
})
