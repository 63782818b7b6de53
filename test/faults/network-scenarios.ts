import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type Cut, cutFor } from './network-cut.ts'
import { openDetour } from './network-detour.ts'
import type { Rig, Scenario } from './scenario.ts'
import { assertCode, effects, endsWith, GO, linesTo, outputsIn, said, slowBook } from './steps.ts'

/** A slow step whose connection is cut when it has said its second line, and stands again when the program has noticed. */
async function cutInStep(rig: Rig, { cut, seconds }: { readonly cut: Cut; readonly seconds: number }): Promise<void> {
  const started = rig.cli.start('apply', rig.write('slow.yaml', slowBook(rig, seconds)), ...GO)
  await said(started, 'line 2')
  await cutFor(rig, cut, () => said(started, 'reconnecting 2'))
  await endsWith(started, 0)
  await ranOnce(rig, seconds)
}

async function ranOnce(rig: Rig, seconds: number): Promise<void> {
  assert.deepEqual(
    outputsIn(rig).map((output) => (output as { stdout?: unknown }).stdout),
    [linesTo(seconds)],
  ) // of shell
  assert.equal(await effects(rig), 'run\n')
}

async function swallowedForAWhile(rig: Rig): Promise<void> {
  const started = rig.cli.start('apply', rig.write('slow.yaml', slowBook(rig, 8)), ...GO)
  await said(started, 'line 2')
  await cutFor(rig, 'drop', () => delay(4000)) // TCP sends again what was lost
  await endsWith(started, 0)
  assert.ok(!started.said().includes('reconnecting'), 'TCP mends this by itself')
  await ranOnce(rig, 8)
}

/** Two minutes of refusals, or four of silence: the run gives up, and is resumed when the network is back. */
async function cutBeyondTheLimit(rig: Rig, cut: Cut): Promise<void> {
  const book = rig.write('slow.yaml', slowBook(rig, 20))
  const started = rig.cli.start('apply', book, ...GO)
  await said(started, 'line 2')
  await cutFor(rig, cut, async () => {
    assert.equal(await started.ended, 7, started.said())
  })
  assert.match(started.said(), /resume/)
  assert.equal(await effects(rig), 'run\n')
  const resumed = await rig.cli.run('resume', 'last', ...GO)
  assertCode(resumed, 0)
  await ranOnce(rig, 20)
}

async function slowDrip(rig: Rig): Promise<void> {
  const detour = await openDetour(rig)
  detour.order({ pace: { bytes: 64, ms: 5 } })
  const started = detour.cli.start('apply', rig.write('slow.yaml', slowBook(rig, 3)), ...GO)
  await endsWith(started, 0)
  assert.ok(!started.said().includes('reconnecting'), 'slow is not lost')
  await ranOnce(rig, 3)
}

/** Where in a login the first connection, or the second (in the middle of a step), is cut: bytes from the host. */
const LOGIN_BYTES = [0, 10, 30, 700, 1300]

async function cutInLogin(rig: Rig): Promise<void> {
  const detour = await openDetour(rig)
  const book = rig.write('slow.yaml', slowBook(rig, 2))
  for (const bytes of LOGIN_BYTES) {
    detour.order({ cut: { from: 'host', bytes, connection: detour.count('taken') + 1 } })
    const refused = await detour.cli.run('apply', book, ...GO)
    assert.ok(refused.code === 4, `cut after ${bytes} bytes of login: ${refused.code} ${refused.stderr}`)
    assert.equal(await effects(rig), '')
  }
}

async function cutInNextLogin(rig: Rig): Promise<void> {
  const detour = await openDetour(rig)
  const started = detour.cli.start('apply', rig.write('slow.yaml', slowBook(rig, 6)), ...GO)
  await said(started, 'line 2')
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

async function cutInUpload(rig: Rig, places: readonly number[]): Promise<void> {
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
async function cutAtBytes(rig: Rig, points: readonly number[]): Promise<void> {
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

/** The way to the host leads to another machine when the program comes back; a clone has the same host key. */
async function anotherMachine(rig: Rig, isClone: boolean): Promise<void> {
  const other = rig.host === 'h1' ? 'h2' : 'h1'
  const detour = await openDetour(rig)
  if (isClone) await rig.onHost(secondSshd(await rig.onHost('cat /etc/ssh/ssh_host_ed25519_key')), other)
  const started = detour.cli.start('apply', rig.write('slow.yaml', slowBook(rig, 8)), ...GO)
  await said(started, 'line 2')
  detour.order({ to: `${other === 'h1' ? '10.77.0.11' : '10.77.0.12'}:${isClone ? 2222 : 22}` })
  detour.order({ now: true })
  await endsWith(started, 7)
  assert.match(started.said(), isClone ? /another machine answers/ : /host key/i)
  assert.equal(await rig.onHost('ls -A /srv; ls /var/lib/runbook 2>/dev/null; true', other), '', 'nothing there')
  detour.order({ to: `${rig.address}:22` })
  assertCode(await detour.cli.run('resume', 'last', ...GO), 0)
  await ranOnce(rig, 8)
}

const secondSshd = (key: string): string => `umask 077
cat >/run/cloned-key <<'END'
${key}END
/usr/sbin/sshd -p 2222 -h /run/cloned-key`

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

/** Every way of losing the network that is tried; `seed` says where the cuts fall that fall anywhere. */
export const networkScenarios = (seed: number): readonly Scenario[] => [
  scenario('full', 'refused for two minutes: the run gives up, and resume takes over what ended', (rig) =>
    cutBeyondTheLimit(rig, 'reset'),
  ),
  scenario('full', 'swallowed for good: the run gives up, and resume takes over what ended', (rig) =>
    cutBeyondTheLimit(rig, 'drop'),
  ),
  scenario('full', 'swallowed in a step of 20 s: attached again, run once, output whole', (rig) =>
    cutInStep(rig, { cut: 'drop', seconds: 20 }),
  ),
  scenario('full', 'half open, answers are lost: attached again', (rig) =>
    cutInStep(rig, { cut: 'drop-answers', seconds: 20 }),
  ),
  scenario('bounded', 'reset in a step of 20 s: attached again, run once, output whole', (rig) =>
    cutInStep(rig, { cut: 'reset', seconds: 20 }),
  ),
  scenario('bounded', 'packets lost for four seconds: nothing to do', swallowedForAWhile),
  scenario('bounded', 'a slow drip is slow, not lost', slowDrip),
  scenario('bounded', 'cut in the login: nothing is changed, exit code 4', cutInLogin),
  scenario('bounded', 'cut in a login in the middle of a step: tried again', cutInNextLogin),
  scenario('bounded', 'cut in an upload: the file comes whole, nothing else is left', (rig) =>
    cutInUpload(rig, [0.05, 0.7]),
  ),
  scenario('full', 'cut in an upload, at 20 places', (rig) =>
    cutInUpload(
      rig,
      points(seed, 20, 100).map((part) => part / 100),
    ),
  ),
  scenario('bounded', 'cut at bytes anywhere in ten changes: each is made once', (rig) =>
    cutAtBytes(rig, points(seed, 6, 30_000)),
  ),
  ...[1, 2, 3, 4, 5].map((part) =>
    scenario('full', `cut at bytes anywhere in ten changes, 20 places, part ${part}`, (rig) =>
      cutAtBytes(rig, points(seed + part, 20, 40_000)),
    ),
  ),
]

const scenario = (form: Scenario['form'], name: string, run: Scenario['run']): Scenario => ({ name, form, run })
const alone = (form: Scenario['form'], name: string, run: Scenario['run']): Scenario => ({
  ...scenario(form, name, run),
  everyHost: true,
})

/** Those that need a second host. */
export const twoHostScenarios: readonly Scenario[] = [
  alone('bounded', 'another machine with another host key answers: refused, nothing is done there', (rig) =>
    anotherMachine(rig, false),
  ),
  alone('bounded', 'a clone with the same host key answers: refused by its machine id', (rig) =>
    anotherMachine(rig, true),
  ),
]
