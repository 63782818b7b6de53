import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rawText, renderCommand, withStdin } from '../../../src/model/command.ts'
import { hostName } from '../../../src/model/id.ts'
import type { Change, Session } from '../../../src/model/module.ts'
import type { Connection } from '../../../src/model/transport.ts'
import { initramfs } from '../../../src/modules/system/initramfs.ts'
import { lawController, openLocal } from '../law-host.ts'

// The module's own scripts, in a folder that stands for the root of a host, with tools that make images which are lists of files.

const folder = mkdtempSync(path.join(tmpdir(), 'initramfs-'))
const args = { modules: ['virtio_pci', 'virtio_blk'] }
let connection: Connection
beforeAll(async () => {
  connection = await openLocal()
})
afterAll(async () => {
  await connection.close()
  rmSync(folder, { recursive: true })
})

const LIST = 'cat "$1"'
// As the real ones: from the configuration, whole or not at all.
const TOOLS = {
  'initramfs-tools': {
    lsinitramfs: LIST,
    'update-initramfs': `image=ROOT/boot/initrd.img-$3
{ echo lib/modules/$3/kernel/ext4.ko; grep -v '^#' ROOT/etc/initramfs-tools/modules | sed "s|.*|lib/modules/$3/&.ko|"; } >$image.new
mv $image.new $image; echo "made $3" >ROOT/var/lib/initramfs-tools/$3; echo $3 >>ROOT/built`,
  },
  dracut: {
    lsinitrd: LIST,
    dracut: `[ "$1" = -f ] || exit 1
for word in $(sed -n 's/add_drivers+="\\(.*\\)"/\\1/p' ROOT/etc/dracut.conf.d/*.conf); do echo lib/modules/$word.ko.xz; done >$2.new; mv $2.new $2
echo $3 >>ROOT/built`,
  },
} as const
type Family = keyof typeof IMAGE
const toolOf = (family: Family) => (family === 'initramfs-tools' ? family : 'dracut')

const IMAGE = {
  'initramfs-tools': (k: string) => `boot/initrd.img-${k}`,
  dracut: (k: string) => `boot/initramfs-${k}.img`,
  'dracut of Debian': (k: string) => `boot/initrd.img-${k}`,
  'dracut of SUSE': (k: string) => `boot/initrd-${k}`,
}

/** A host with kernels 5.10, which has all, and 6.1, which has none. */
function hostWith(family: Family, more: Readonly<Record<string, string>> = {}) {
  const root = mkdtempSync(path.join(folder, 'root-'))
  const all = 'lib/modules/x/virtio_pci.ko\nlib/modules/x/virtio-blk.ko.xz\n'
  const files: Readonly<Record<string, string>> = {
    'boot/vmlinuz-5.10': '',
    'boot/vmlinuz-6.1': '',
    [IMAGE[family]('5.10')]: all,
    [IMAGE[family]('6.1')]: 'lib/modules/6.1/ata_piix.ko\n',
    'etc/initramfs-tools/modules': '# one a line\n',
    'etc/dracut.conf.d/own.conf': 'hostonly=yes\n',
    'var/lib/initramfs-tools/6.1': 'made before\n',
    ...Object.fromEntries(
      Object.entries(TOOLS[toolOf(family)]).map(([name, text]) => [
        `tools/${name}`,
        `#!/bin/sh\n${text.replaceAll('ROOT', root)}\n`,
      ]),
    ),
    ...more,
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), text)
    if (name.startsWith('tools/')) chmodSync(path.join(root, name), 0o755)
  }
  const runner = connection.probe('login')
  const run: Session['run'] = (command, options) => {
    const placed = renderCommand(command).replaceAll(/(?<=[\s"=;#])\/(boot|etc|var|lib)\//g, `${root}/$1/`)
    const text = rawText(`PATH=${root}/tools:/usr/bin:/bin\n${placed.replace('df -Pk /boot', `df -Pk ${root}`)}`)
    const { stdin } = command
    return runner.run(stdin === undefined ? text : withStdin(text, stdin), options)
  }
  const session: Session = { host: hostName('here'), folder: path.join(root, 'run'), controller: lawController, run }
  const read = (name: string): string | undefined =>
    existsSync(path.join(root, name)) ? readFileSync(path.join(root, name), 'utf8') : undefined
  const decide = async () =>
    initramfs.plan(args, await initramfs.read(args, { host: session.host, run, predicted: () => undefined }))
  const change = async (): Promise<Change> => {
    const decision = await decide()
    if (decision.kind !== 'change') throw new Error(JSON.stringify(decision))
    return decision.change
  }
  return { root, session, read, decide, change }
}

type Host = ReturnType<typeof hostWith>
const apply = async ({ session }: Host, change: Change) => initramfs.apply?.(args, change, session)
const revert = async ({ session }: Host, change: Change) => initramfs.revert?.(args, change, session)

describe.each(Object.keys(IMAGE) as readonly Family[])('with %s', (family) => {
  const own = [
    IMAGE[family]('5.10'),
    IMAGE[family]('6.1'),
    'etc/initramfs-tools/modules',
    'var/lib/initramfs-tools/6.1',
  ]
  const state = ({ read }: Host) => [...own, 'etc/dracut.conf.d/90-added-drivers.conf'].map(read)

  test('only the kernel that lacks them is built anew, and all comes back to the byte, also when undone twice', async () => {
    const host = hostWith(family)
    const [before, change] = [state(host), await host.change()]
    const { mtimeMs } = statSync(path.join(host.root, IMAGE[family]('6.1')))
    expect(change.summary).toBe(`build virtio_pci, virtio_blk into the initramfs of 6.1, by ${toolOf(family)}`)
    await apply(host, change)
    expect(host.read('built')).toBe('6.1\n')
    expect(await host.decide()).toMatchObject({ kind: 'noop' })
    await apply(host, change)
    expect(host.read('built')).toBe('6.1\n')
    await revert(host, change)
    await revert(host, change)
    expect(state(host)).toEqual(before)
    expect(statSync(path.join(host.root, IMAGE[family]('6.1'))).mtimeMs).toBe(mtimeMs)
  })

  test('an image that somebody has made anew since is left, and told', async () => {
    const host = hostWith(family)
    const change = await host.change()
    await apply(host, change)
    writeFileSync(path.join(host.root, IMAGE[family]('6.1')), 'of an upgrade\n')
    await expect(revert(host, change)).rejects.toThrow(/6\.1\S* was made anew since/)
    expect(host.read(IMAGE[family]('6.1'))).toBe('of an upgrade\n')
  })

  test('cut off between the new image and what is noted of it, it is undone all the same', async () => {
    const host = hostWith(family)
    const [before, change] = [state(host), await host.change()]
    await apply(host, change)
    rmSync(path.join(host.root, 'run/image-6.1.made'))
    await revert(host, change)
    expect(state(host)).toEqual(before)
  })

  test('undone before it was begun it changes nothing', async () => {
    const host = hostWith(family)
    const [before, change] = [state(host), await host.change()]
    await revert(host, change)
    expect(state(host)).toEqual(before)
  })
})

test('a tool that does not build them in is told, and undone', async () => {
  const host = hostWith('initramfs-tools', { 'tools/update-initramfs': '#!/bin/sh\nexit 0\n' })
  const change = await host.change()
  await expect(apply(host, change)).rejects.toThrow('the new initramfs still lacks modules: 6.1 virtio_pci virtio_blk')
  await revert(host, change)
  expect(host.read('etc/initramfs-tools/modules')).toBe('# one a line\n')
})

test('what a kernel has built in is there', async () => {
  const builtin = 'kernel/drivers/virtio/virtio_pci.ko\nkernel/drivers/block/virtio_blk.ko\n'
  expect(await hostWith('dracut', { 'lib/modules/6.1/modules.builtin': builtin }).decide()).toMatchObject({
    kind: 'noop',
  })
})

test('a kernel without an image, and a host without kernels, are refused', async () => {
  const bare = hostWith('dracut', { 'boot/vmlinuz-6.6': '' })
  expect(await bare.decide()).toMatchObject({ kind: 'blocked', message: 'there is no initramfs for 6.6' })
  const none = hostWith('dracut')
  rmSync(path.join(none.root, 'boot/vmlinuz-5.10'))
  rmSync(path.join(none.root, 'boot/vmlinuz-6.1'))
  expect(await none.decide()).toMatchObject({ kind: 'blocked', message: 'there is no kernel in /boot' })
})

test('without room in /boot it is not begun', () => {
  const seen = { tool: 'dracut', freeKb: 1000, kernels: [{ name: '6.1', imageKb: 30_000, lacking: ['virtio_blk'] }] }
  expect(initramfs.plan(args, seen)).toMatchObject({
    kind: 'blocked',
    message: expect.stringContaining('/boot has 1000 KiB free'),
  })
})
