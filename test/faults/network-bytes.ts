import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { untilSaid } from '../lab/support/cli-at.ts'
import { openDetour } from './network-detour.ts'
import type { Rig } from './scenario.ts'
import { assertCode, effects, endsWith, GO, ranOnce, slowBook } from './steps.ts'

// Connections that are reset when so many bytes have passed.

/** Where in a login the first connection, or the second (in the middle of a step), is cut: bytes from the host. */
const LOGIN_BYTES = [0, 10, 30, 700, 1300]

export async function cutInLogin(rig: Rig): Promise<void> {
  const detour = await openDetour(rig)
  const book = rig.write('slow.yaml', slowBook(rig, 2))
  for (const bytes of LOGIN_BYTES) {
    detour.order({ cut: { from: 'host', bytes, connection: detour.count('taken') + 1 } })
    const refused = await detour.cli.run('apply', book, ...GO)
    assert.ok(refused.code === 4, `cut after ${bytes} bytes of login: ${refused.code} ${refused.stderr}`)
    assert.equal(await effects(rig), '')
  }
}

export async function cutInNextLogin(rig: Rig): Promise<void> {
  const detour = await openDetour(rig)
  const started = detour.cli.start('apply', rig.write('slow.yaml', slowBook(rig, 6)), ...GO)
  await untilSaid(started, 'line 2')
  for (const bytes of [0, 700, 1300]) {
    const [taken, cut] = [detour.count('taken'), detour.count('cut')]
    detour.order({ cut: { from: 'host', bytes, connection: taken + 1 } })
    detour.order({ now: true })
    await detour.seen('cut', cut + 2)
    await detour.seen('taken', taken + 2)
  }
  await endsWith(started, 0)
  await ranOnce(rig, 6)
}

const OF_RUN = 2 // the plan has a connection of its own before
const FILES = ['a', 'b', 'c', 'd']
const FILE_BYTES = 200_000

export async function cutInUpload(rig: Rig, places: readonly number[]): Promise<void> {
  const detour = await openDetour(rig)
  const contents = FILES.map(() => randomBytes(FILE_BYTES / 2).toString('hex'))
  for (const [at, name] of FILES.entries()) rig.write(`files/${name}`, contents[at] ?? '')
  const book = rig.write(
    'upload.yaml',
    `name: upload
summary: Big files
hosts: ${rig.host}
become: true
steps:
  - id: big
    copy: {src: files, path: /srv/big, mode: "0640"}
`,
  )
  const wanted = FILES.map((name, at) => `${sha256(contents[at] ?? '')}  /srv/big/${name}\n`).join('')
  for (const share of places) {
    const connection = detour.count('taken') + OF_RUN
    const bytes = Math.round(FILES.length * FILE_BYTES * share)
    detour.order({ cut: { from: 'program', bytes, connection } })
    await endsWith(detour.cli.start('apply', book, ...GO), 0)
    const place = `cut at ${share}`
    assert.equal(detour.count('taken'), connection + 1, `${place}: connected ${detour.count('taken')} times`)
    assert.equal(await rig.onHost('sha256sum /srv/big/*'), wanted, place)
    assert.equal(await rig.onHost('stat -c %a:%U:%G /srv/big/*; ls -A /srv'), `${'640:root:root\n'.repeat(4)}big\n`)
    assertCode(await detour.cli.run('rollback', 'last', '--yes'), 0)
    assert.equal(await rig.onHost('ls -A /srv'), '')
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Ten small changes; the connection is reset after so many bytes from either side, which falls anywhere in them. */
export async function cutAtBytes(rig: Rig, points: readonly number[]): Promise<void> {
  const detour = await openDetour(rig)
  const book = rig.write('ten.yaml', tenSteps(rig))
  for (const [index, bytes] of points.entries()) {
    const from = index % 2 === 0 ? 'host' : 'program'
    detour.order({ cut: { from, bytes, connection: detour.count('taken') + 1 + (index % 3 === 0 ? 0 : 1) } })
    const ended = await detour.cli.run('apply', book, ...GO)
    const place = `cut after ${bytes} bytes from the ${from}`
    const counted = await rig.onHost('sort /srv/effects 2>/dev/null | uniq -c | sort -n | tail -1; true')
    if (ended.code === 4) assert.equal(counted, '', `${place}: ${ended.stderr}`)
    else {
      assert.equal(ended.code, 0, `${place}: ${ended.stdout}${ended.stderr}`)
      assert.equal(await rig.onHost('sort -n /srv/effects | tr "\\n" " "; cat /srv/settings'), TEN_DONE, place)
      assertCode(await detour.cli.run('rollback', 'last', '--yes'), 0)
    }
    await rig.onHost('rm -f /srv/effects /srv/settings')
  }
}

const TEN = Array.from({ length: 5 }, (_, index) => index + 1)
const TEN_DONE = `${TEN.join(' ')} [main]\n${TEN.map((at) => `k${at} = ${at}\n`).join('')}`

const tenSteps = ({ host }: Rig): string => `name: ten
summary: Counted commands and edits of a file
hosts: ${host}
become: true
steps:
${TEN.map(
  (at) => `  - id: count${at}
    shell: {script: "echo ${at} >>/srv/effects"}
    undo: {command: {argv: ["true"]}}
  - ini: {path: /srv/settings, create: true, section: main, set: {k${at}: "${at}"}}
`,
).join('')}`

/** Points spread over a range, the same for the same seed (mulberry32). */
export function points(seed: number, count: number, below: number): readonly number[] {
  let state = seed
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  })
}
