import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Rig } from './scenario.ts'
import { assertCode, effects, fileBook, GO, recordsIn } from './steps.ts'

// Disks that are full or read-only, of a host and of the controller.

/** A small file system over a folder, with almost no room left. */
const FULL = (folder: string): string =>
  `mkdir -p ${folder} && mount -t tmpfs -o size=64k full ${folder} && echo old >${folder}/config && { dd if=/dev/zero of=${folder}/ballast bs=1k 2>/dev/null; true; }`

export async function targetFull(rig: Rig): Promise<void> {
  await rig.onHost(FULL('/srv/small'))
  const book = rig.write('config.yaml', fileBook(rig, '/srv/small/config'))
  const failed = await rig.cli.run('apply', book, ...GO)
  assertCode(failed, 7)
  assert.match(failed.stderr, /No space left/)
  assert.equal(await rig.onHost('cat /srv/small/config; ls -A /srv/small'), 'old\nballast\nconfig\n')
  await rig.onHost('mount -o remount,size=1m /srv/small')
  assertCode(await rig.cli.run('resume', 'last', ...GO), 0)
  assertCode(await rig.cli.run('rollback', 'last', '--yes'), 0)
  assert.equal(await rig.onHost('cat /srv/small/config; ls -A /srv/small'), 'old\nballast\nconfig\n')
}

/** Nothing can be noted on the host: what needs a pre-image is not done, and the file stays as it is. */
export async function runFolderFull(rig: Rig): Promise<void> {
  await rig.onHost(`${FULL('/var/lib/runbook')}; echo old >/srv/config`)
  const book = rig.write('config.yaml', fileBook(rig, '/srv/config'))
  const failed = await rig.cli.run('apply', book, ...GO)
  assert.ok(failed.code !== 0, failed.stdout)
  assert.match(failed.stderr, /No space left|no room|cannot/)
  assert.equal(await rig.onHost('cat /srv/config; ls -A /srv'), 'old\nconfig\n')
  await rig.onHost('rm /var/lib/runbook/ballast; mount -o remount,size=1m /var/lib/runbook')
  const again = recordsExist(rig) ? ['resume', 'last'] : ['apply', book]
  assertCode(await rig.cli.run(...again, ...GO), 0)
  assertCode(await rig.cli.run('rollback', 'last', '--yes'), 0)
  assert.equal(await rig.onHost('cat /srv/config; ls -A /srv'), 'old\nconfig\n')
}

const recordsExist = (rig: Rig): boolean => {
  try {
    return recordsIn(rig).length > 0
  } catch {
    return false // it was refused before it began
  }
}

/** All of /var, as it is on most hosts that are full: run folders, locks and logs lie there. */
export async function varFull(rig: Rig): Promise<void> {
  await rig.onHost(`mkdir /srv/var && cp -a /var/. /srv/var/ && mount -t tmpfs -o size=64m full /var && cp -a /srv/var/. /var/
rm -rf /srv/var; mkdir -p /srv/kept; echo old >/srv/config; { dd if=/dev/zero of=/var/ballast bs=1k 2>/dev/null; true; }`)
  const book = rig.write('config.yaml', fileBook(rig, '/srv/config'))
  const failed = await rig.cli.run('apply', book, ...GO)
  assert.ok(failed.code !== 0, failed.stdout)
  assert.match(failed.stderr, /No space left|no room|cannot/)
  assert.match(`${failed.stdout}${failed.stderr}`, /no lock/) // that there is none is said
  assert.equal(await rig.onHost('cat /srv/config; ls -A /srv'), 'old\nconfig\nkept\n')
  const freed = await rig.cli.run('apply', rig.write('free.yaml', freeingBook(rig)), ...GO)
  assertCode(freed, 0) // what frees the disk runs all the same
  assertCode(await rig.cli.run('apply', book, ...GO), 0)
  assertCode(await rig.cli.run('rollback', 'last', '--yes'), 0)
  assert.equal(await rig.onHost('cat /srv/config; ls -A /srv'), 'old\nconfig\nkept\n')
}

const freeingBook = ({ host }: Rig): string => `name: free
summary: Make room
hosts: ${host}
become: true
steps:
  - shell: {script: "rm /var/ballast", check: "test ! -e /var/ballast"}
    irreversible: true
`

export async function readOnlyRoot(rig: Rig): Promise<void> {
  const before = await rig.onHost('sha256sum /etc/motd')
  await rig.onHost('for f in /etc /var /root; do mount --bind $f $f && mount -o remount,bind,ro $f; done')
  const failed = await rig.cli.run('apply', rig.write('config.yaml', fileBook(rig, '/etc/motd')), ...GO)
  assert.ok(failed.code !== 0, failed.stdout)
  assert.match(failed.stderr, /[Rr]ead-only/)
  assert.equal(await rig.onHost('sha256sum /etc/motd'), before)
}

/** The disk of the controller has room for so many pages more. */
export async function controllerFull(rig: Rig, pages: readonly number[]): Promise<void> {
  const disk = path.join(rig.folder, 'disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'full', disk])
  rig.atEnd(() => execFileSync('umount', ['--lazy', disk]))
  const book = rig.write('counted.yaml', countedBook(rig))
  for (const room of pages) {
    const stateDir = path.join(disk, `state-${room}`)
    mkdirSync(stateDir)
    fill(path.join(disk, 'ballast'), 4096 * room)
    const cli = rig.cliWith({ stateDir })
    const stopped = await cli.run('apply', book, ...GO)
    const counted = await effects(rig)
    rmSync(path.join(disk, 'ballast'))
    if (stopped.code !== 0) {
      assert.ok(stopped.code === 1, `${room} pages: ${stopped.code} ${stopped.stderr}`)
      assert.match(stopped.stderr, /no space left/i)
      const shown = await cli.run('runs', 'last')
      const began = shown.code === 0
      const steps = began ? readFileSync(journalOf(await cli.run('runs'), stateDir), 'utf8') : ''
      const noted = steps.split('"step-started"').length - 1
      assert.ok(counted.split('\n').length - 1 <= noted, `${room} pages: ${counted.length} effects, ${noted} noted`)
      const goOn = began ? ['resume', 'last'] : ['apply', book]
      assertCode(await cli.run(...goOn, ...GO), 0)
    }
    assert.equal(await effects(rig), COUNT_TO, `${room} pages`)
    assertCode(await cli.run('rollback', 'last', '--yes'), 0)
    await rig.onHost('rm -rf /srv/effects /var/lib/runbook')
    rmSync(stateDir, { recursive: true })
  }
}

const journalOf = ({ stdout }: { readonly stdout: string }, stateDir: string): string =>
  path.join(stateDir, 'runs', /\b[0-9A-Z]{26}\b/.exec(stdout)?.[0] ?? '', 'run.jsonl')

/** Takes all room of the disk but so many bytes. */
function fill(file: string, bytes: number): void {
  writeFileSync(file, '')
  const page = Buffer.alloc(4096)
  for (let full = false; !full; ) {
    try {
      writeFileSync(file, page, { flag: 'a' })
    } catch {
      full = true
    }
  }
  execFileSync('truncate', ['-s', `-${bytes}`, file])
}

const COUNTS = [1, 2, 3, 4, 5, 6]
const COUNT_TO = COUNTS.map((at) => `${at}\n`).join('')

const countedBook = ({ host }: Rig): string => `name: counted
summary: Commands that count
hosts: ${host}
become: true
steps:
${COUNTS.map(
  (at) => `  - id: count${at}
    shell: {script: "echo ${at} >>/srv/effects"}
    undo: {command: {argv: ["true"]}}
`,
).join('')}`
