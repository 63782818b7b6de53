import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { untilSaid } from '../lab/support/cli-at.ts'
import { cutAtBytes, cutInLogin, cutInNextLogin, cutInUpload, points } from './network-bytes.ts'
import { type Cut, cutFor } from './network-cut.ts'
import { openDetour } from './network-detour.ts'
import type { Rig, Scenario } from './scenario.ts'
import { assertCode, effects, endsWith, GO, linesTo, ranOnce, slowBook, stdouts } from './steps.ts'

/** A slow step whose connection is cut when it has said its second line, and stands again when the program has noticed. */
async function cutInStep(rig: Rig, { cut, seconds }: { readonly cut: Cut; readonly seconds: number }): Promise<void> {
  const started = rig.cli.start('apply', rig.write('slow.yaml', slowBook(rig, seconds)), ...GO)
  await untilSaid(started, 'line 2')
  await cutFor(rig, cut, () => untilSaid(started, 'reconnecting 2'))
  await endsWith(started, 0)
  await ranOnce(rig, seconds)
}

async function swallowedForAWhile(rig: Rig): Promise<void> {
  const started = rig.cli.start('apply', rig.write('slow.yaml', slowBook(rig, 8)), ...GO)
  await untilSaid(started, 'line 2')
  await cutFor(rig, 'drop', () => delay(4000)) // TCP sends again what was lost
  await endsWith(started, 0)
  assert.ok(!started.said().includes('reconnecting'), 'TCP mends this by itself')
  await ranOnce(rig, 8)
}

/** Two minutes of refusals, or four of silence: the run gives up, and is resumed when the network is back. */
async function cutBeyondTheLimit(rig: Rig, cut: Cut): Promise<void> {
  const book = rig.write('slow.yaml', slowBook(rig, 20))
  const started = rig.cli.start('apply', book, ...GO)
  await untilSaid(started, 'line 2')
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

/** The other host has done its step while this one is cut off. */
async function oneOfTwo(rig: Rig): Promise<void> {
  const other = rig.host === 'h1' ? 'h2' : 'h1'
  const book = slowBook(rig, 6).replace(`hosts: ${rig.host}`, 'hosts: all\nrolling: {batch: 2}')
  const started = rig.cli.start('apply', rig.write('slow.yaml', book), ...GO)
  await untilSaid(started, `${rig.host} | line 2`)
  await cutFor(rig, 'reset', () => untilSaid(started, `${other} done`))
  await endsWith(started, 0)
  assert.ok(started.said().includes(`${rig.host} reconnecting`), started.said())
  assert.deepEqual(stdouts(rig), [linesTo(6), linesTo(6)])
  for (const host of [rig.host, other]) assert.equal(await rig.onHost('cat /srv/effects', host), 'run\n', host)
}

/** The way to the host leads to another machine when the program comes back; a clone has the same host key. */
async function anotherMachine(rig: Rig, isClone: boolean): Promise<void> {
  const other = rig.host === 'h1' ? 'h2' : 'h1'
  const detour = await openDetour(rig)
  if (isClone) await rig.onHost(secondSshd(await rig.onHost('cat /etc/ssh/ssh_host_ed25519_key')), other)
  const started = detour.cli.start('apply', rig.write('slow.yaml', slowBook(rig, 8)), ...GO)
  await untilSaid(started, 'line 2')
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
  alone('bounded', 'one host of two is cut off: the other goes on, and each step runs once', oneOfTwo),
  alone('bounded', 'another machine with another host key answers: refused, nothing is done there', (rig) =>
    anotherMachine(rig, false),
  ),
  alone('bounded', 'a clone with the same host key answers: refused by its machine id', (rig) =>
    anotherMachine(rig, true),
  ),
]
