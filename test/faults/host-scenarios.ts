import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { crashHost, startHost } from '../../lab/lab.ts'
import { labPaths } from '../../lab/paths.ts'
import type { Cli } from '../lab/support/cli-at.ts'
import { untilSaid } from '../lab/support/cli-at.ts'
import { controllerFull, readOnlyRoot, runFolderFull, targetFull, varFull } from './host-disks.ts'
import { partnerHoldsTheUndo } from './host-partner.ts'
import { cutFor } from './network-cut.ts'
import type { Rig, Scenario } from './scenario.ts'
import { assertCode, effects, endsWith, fileBook, GO, linesTo, outputsIn, slowBook, stepProcesses } from './steps.ts'

/** What was begun and left no end is asked of the operator, who says that it is done; it has run once. */
async function askedAndSettled(rig: Rig): Promise<void> {
  const asked = await rig.cli.run('resume', 'last', ...GO)
  assertCode(asked, 3)
  assert.match(asked.stderr, /--settle slow@/)
  assertCode(await rig.cli.run('resume', 'last', ...GO, '--settle', `slow@${rig.host}=done`), 0)
  assert.equal(await effects(rig), 'run\n')
}

async function rebooted(rig: Rig): Promise<void> {
  const started = rig.cli.start('apply', rig.write('slow.yaml', slowBook(rig, 30)), ...GO)
  await untilSaid(started, 'line 2')
  await crashHost(rig.host, rig.settings)
  await startHost(rig.host, rig.settings)
  await endsWith(started, 7)
  assert.match(started.said(), /nobody knows how it ended/)
  await askedAndSettled(rig)
}

/** The script or whoever keeps its receipt is killed, as for want of memory. */
async function killedOnHost(rig: Rig): Promise<void> {
  const started = rig.cli.start('apply', rig.write('slow.yaml', slowBook(rig, 30)), ...GO)
  await untilSaid(started, 'line 2')
  await rig.onHost(
    "kill -9 $(grep -lsF RUNBOOK_STEP=/ /proc/[0-9]*/environ | sed 's,/proc/\\([0-9]*\\)/.*,\\1,'); true",
  )
  await endsWith(started, 7)
  await askedAndSettled(rig)
}

async function receiptWiped(rig: Rig): Promise<void> {
  const started = rig.cli.start('apply', rig.write('slow.yaml', slowBook(rig, 8)), ...GO)
  await untilSaid(started, 'line 2')
  await rig.onHost('rm -rf /var/lib/runbook/0*')
  assert.notEqual(await started.ended, 0, started.said())
  await waitForEnd(rig)
  const asked = await rig.cli.run('resume', 'last', ...GO)
  assertCode(asked, 3)
  assert.equal(await effects(rig), 'run\n')
}

const waitForEnd = async (rig: Rig): Promise<void> => {
  while ((await stepProcesses(rig)) !== '');
}

/** As a user who becomes root by a password. */
function withPassword({ cliWith, write, host, address, settings }: Rig, password: string): Cli {
  const { key, knownHosts } = labPaths(settings.stateDir)
  const inventory = write(
    'sudo.yaml',
    `all:
  vars: {ansible_user: opspw, ansible_become_password: ${password}, ansible_ssh_private_key_file: ${key}, ansible_ssh_common_args: "-o UserKnownHostsFile=${knownHosts}"}
  hosts:
    ${host}: {ansible_host: ${address}}
`,
  )
  return cliWith({ inventory })
}

async function wrongPassword(rig: Rig): Promise<void> {
  const refused = await withPassword(rig, 'wrong').run('apply', rig.write('slow.yaml', slowBook(rig, 1)), ...GO)
  assertCode(refused, 4)
  assert.match(refused.stderr, /password was refused; it was tried once only/)
  assert.equal(await effects(rig), '')
}

/** It ignores TERM, and so does what it sent into a session of its own. */
const hungBook = ({ host }: Rig): string => `name: hung
summary: A command that hangs
hosts: ${host}
become: true
steps:
  - id: hung
    shell: {script: "trap '' TERM; echo run >>/srv/effects; setsid sh -c 'trap \\"\\" TERM; sleep 300; sleep 300' & while :; do sleep 1; done"}
    irreversible: true
    timeout: 3s
`

async function hung(rig: Rig, cli: Cli): Promise<void> {
  const ended = await cli.run('apply', rig.write('hung.yaml', hungBook(rig)), ...GO)
  assertCode(ended, 7)
  assert.match(ended.stderr + ended.stdout, /it was killed/)
  assert.equal(await stepProcesses(rig), '')
  assert.equal(await rig.onHost('pgrep -x sleep; true'), '')
  assert.equal(await effects(rig), 'run\n')
}

async function noTmp(rig: Rig): Promise<void> {
  await rig.onHost('umount /tmp 2>/dev/null; rm -rf /tmp /var/tmp')
  rig.write('files/a', 'text\n')
  const started = rig.cli.start('apply', rig.write('slow.yaml', slowBook(rig, 1)), ...GO)
  await endsWith(started, 0)
  assert.equal(await effects(rig), 'run\n')
}

async function noisy(rig: Rig): Promise<void> {
  const noise = 'printf "\\033]0;title\\007\\033[31mWelcome %s\\n" x; echo to stderr >&2'
  await rig.onHost(
    `for f in /etc/profile /etc/bash.bashrc /root/.bashrc /root/.profile /etc/motd; do printf '%s\\n' '${noise}' | cat - "$f" >/run/n 2>/dev/null; cat /run/n >"$f"; done; mkdir -p /root/.ssh; printf '%s\\n' '${noise}' >/root/.ssh/rc`,
  )
  const started = rig.cli.start('apply', rig.write('slow.yaml', slowBook(rig, 1)), ...GO)
  await endsWith(started, 0)
  assert.deepEqual(outputsIn(rig), [{ ...(outputsIn(rig)[0] as object), stdout: 'line 1', stderr: '' }]) // of shell
}

const days = (count: number, on = ''): { readonly nodeArguments: readonly string[] } => ({
  nodeArguments: ['--import', `${path.join(import.meta.dirname, 'host-clock.ts')}?days=${count}${on}`],
})

/** A run by a controller whose clock is off; a cut in it; undone by one whose clock is right, or off the other way. */
async function clockOff(rig: Rig, count: number): Promise<void> {
  const book = rig.write('config.yaml', fileBook(rig, '/srv/config').replace('steps:', `steps:${COUNTED}`))
  assertCode(await rig.cliWith(days(count)).run('apply', book, ...GO), 0)
  assert.equal(await effects(rig), 'run\n')
  assertCode(await rig.cliWith(days(-count)).run('rollback', 'last', '--yes'), 0)
  assert.equal(await rig.onHost('ls -A /srv'), '')
  assertCode(await rig.cli.run('rollback', 'last', '--yes'), 0)
  assert.equal(readdirSync(path.join(rig.cli.stateDir, 'runs')).length, 2, 'what was undone is not undone again')
}

const COUNTED = `
  - id: counted
    shell: {script: "echo run >>/srv/effects"}
    undo: {command: {argv: [rm, -f, /srv/effects]}}`

/** The clock jumps while a step runs, and then the connection is lost: the deadline is counted by steady time. */
async function clockJumps(rig: Rig, count: number): Promise<void> {
  const started = rig
    .cliWith(days(count, '&on=SIGUSR2'))
    .start('apply', rig.write('slow.yaml', slowBook(rig, 12)), ...GO)
  await untilSaid(started, 'line 2')
  started.signal('SIGUSR2')
  await cutFor(rig, 'reset', () => untilSaid(started, 'reconnecting 2'))
  await endsWith(started, 0)
  assert.deepEqual(
    outputsIn(rig).map((output) => (output as { stdout?: unknown }).stdout),
    [linesTo(12)],
  ) // of shell
  assert.equal(await effects(rig), 'run\n')
}

/** The clock is set back a day between two tries of a step, and the program killed in the second: that one is gone on with. */
async function clockBackBetweenTries(rig: Rig): Promise<void> {
  const started = rig.cliWith(days(-1, '&on=SIGUSR2')).start('apply', rig.write('tries.yaml', triesBook(rig)), ...GO)
  await untilSaid(started, 'try 1')
  started.signal('SIGUSR2')
  await untilSaid(started, 'try 2')
  started.signal('SIGKILL')
  await started.ended
  assertCode(await rig.cli.run('resume', 'last', ...GO), 0)
  assert.equal(await effects(rig), 'run\nrun\n')
}

const triesBook = ({ host }: Rig): string => `name: tries
summary: A command that fails the first time
hosts: ${host}
become: true
steps:
  - id: tried
    shell: {script: "echo run >>/srv/effects; n=$(grep -c run /srv/effects); echo try $n; sleep 3; [ $n = 2 ]"}
    irreversible: true
    retry: {times: 1, every: 100ms}
`

/** Everything that happens to hosts, and to the controller's disk and clock. */
export const hostScenarios: readonly Scenario[] = [
  scenario('bounded', 'the host loses power in a step and boots: nobody knows, the operator is asked', rebooted),
  {
    ...scenario(
      'full',
      'a host is down and its partner holds the undo: undone there, and then here',
      partnerHoldsTheUndo,
    ),
    everyHost: true,
  },
  scenario('bounded', 'the step is killed on its host: nobody knows, the operator is asked', killedOnHost),
  scenario('bounded', 'the run folder is wiped in a step: nobody knows, the operator is asked', receiptWiped),
  scenario('bounded', 'a hung command that ignores TERM: ended at its deadline, no process left', (rig) =>
    hung(rig, rig.cli),
  ),
  scenario('bounded', 'the same under sudo with a password: no process left', (rig) =>
    hung(rig, withPassword(rig, 'opspw-password')),
  ),
  scenario('bounded', 'a wrong sudo password: tried once, nothing changed, exit code 4', wrongPassword),
  scenario('bounded', 'no room where a file is replaced: it stays as it is, and resume replaces it later', targetFull),
  scenario('bounded', 'no room for the run folder: what needs a pre-image is not done', runFolderFull),
  scenario('bounded', 'all of /var is full: it is said, nothing is half done, and what makes room runs', varFull),
  scenario('bounded', 'read-only file systems: it is said, and nothing is changed', readOnlyRoot),
  scenario('full', 'no /tmp and no /var/tmp: they are not needed', noTmp),
  scenario('full', 'a noisy profile: its words are its own', noisy),
  scenario('full', 'the clock is a day ahead: undone and known as undone', (rig) => clockOff(rig, 1)),
  scenario('bounded', 'the clock is a day behind: undone and known as undone', (rig) => clockOff(rig, -1)),
  scenario('bounded', 'the clock jumps ahead in a step: its deadline does not', (rig) => clockJumps(rig, 1)),
  {
    ...scenario(
      'bounded',
      'the clock is set back between two tries: resume goes on with the later one',
      clockBackBetweenTries,
    ),
    tries: 2,
  },
  scenario('full', 'the clock jumps back in a step: its deadline does not', (rig) => clockJumps(rig, -1)),
  scenario('bounded', 'no room for the journal: it stops before the next effect, and resume goes on', (rig) =>
    controllerFull(rig, [1, 2, 3]),
  ),
  scenario('full', 'no room for the journal, page by page', (rig) =>
    controllerFull(rig, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
  ),
]

function scenario(form: Scenario['form'], name: string, run: Scenario['run']): Scenario {
  return { name, form, run }
}
