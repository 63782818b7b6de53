import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { crashHost, downLab, sshLab, startHost, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { untilSaid } from './support/cli-at.ts'
import { differences, lasting, snapshotHost } from './support/host-snapshot.ts'
import { parseRecords } from './support/journal-of.ts'
import { cliFor, type Started } from './support/run-cli.ts'

// What a host undoes by itself when a step has cut it off, and what it leaves when a new connection confirms the step.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const cli = cliFor(settings)
const book = path.join(folder, 'confirm.yaml')
const go = ['--yes', '-v']

const runbook = (steps: string): void =>
  writeFileSync(book, `name: confirm\nsummary: A risky step\nhosts: h1\nbecome: true\nsteps:\n${steps}`)

const CUT = `  - id: cut
    name: Take the interface down
    command: {argv: [ip, link, set, dev, host0, down], check: "! ip -br link show dev host0 | grep -qw UP"}
    undo: {command: {argv: [ip, link, set, dev, host0, up]}}
    confirm_within: 8s
`

const onHost = async (script: string): Promise<string> => {
  const { code, stdout, stderr } = await sshLab('h1', [script], settings)
  if (code !== 0) throw new Error(stderr)
  return stdout
}
const timers = () => onHost('systemctl list-timers --all --no-legend | grep runbook; pgrep -f "sh .*/[f]ire " ; true')
const state = () => snapshotHost('h1', settings).then(lasting)
const journaled = () =>
  parseRecords(cli.stateDir).records.flatMap((event) =>
    'step' in event ? [`${event.type} ${event.step}${event.type === 'undo-disarmed' ? ` ${event.verdict}` : ''}`] : [],
  )

beforeAll(async () => {
  await upLab('one', settings)
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true, force: true })
})

const CUT_JOURNAL = ['step-started cut', 'undo-armed cut', 'undo-finished cut', 'step-failed cut']

test('a step that cuts the host off is undone by the host, and the run says so', async () => {
  runbook(CUT)
  const before = await state()
  const { code, stdout, stderr } = await cli.run('apply', book, ...go)
  expect({ code, said: stdout + stderr }).toMatchObject({
    code: 6,
    said: expect.stringContaining('undone by the host after 8 s: no new connection could confirm it'),
  })
  expect(stdout).toContain('undone by the host itself unless a new connection confirms it within 8 s') // the plan
  expect(journaled()).toEqual(CUT_JOURNAL)
  expect(differences([before], [await state()])).toEqual([])
  expect(await timers()).toBe('')
  expect(await cli.run('rollback', 'last', '--yes')).toMatchObject({ code: 0 })
})

test('the same where systemd-run cannot be had', async () => {
  runbook(CUT)
  await onHost('mv /usr/bin/systemd-run /usr/bin/systemd-run.hidden')
  const started = cli.start('apply', book, ...go)
  await untilSaid(started, 'armed Take the interface down')
  expect({ code: await started.ended, said: started.said() }).toMatchObject({ code: 6 })
  expect(journaled()).toEqual(CUT_JOURNAL)
  expect(await onHost('ip -br link show dev host0')).toMatch(/ UP /)
  expect(await timers()).toBe('')
  await onHost('mv /usr/bin/systemd-run.hidden /usr/bin/systemd-run')
})

test('a step that harms nothing is confirmed over a new connection, its timer is gone, and it is rolled back as any other', async () => {
  runbook(`  - id: text
    file: {path: /etc/confirmed, content: "new\\n"}
    confirm_within: 60s
`)
  const before = await state()
  const { code, stderr } = await cli.run('apply', book, ...go)
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('confirmed file') })
  expect(journaled()).toEqual([
    'step-started text',
    'undo-armed text',
    'undo-disarmed text confirmed',
    'step-finished text',
  ])
  expect(await timers()).toBe('')
  expect(await onHost('cat /etc/confirmed')).toBe('new\n')
  expect(await cli.run('rollback', 'last', '--yes')).toMatchObject({ code: 0 })
  expect(differences([before], [await state()])).toEqual([])
})

test('a login that only new connections lose is given back, the file before the restart that follows it', async () => {
  runbook(`  - id: port
    name: Move sshd to another port
    line: {path: /etc/ssh/sshd_config, line: "Port 2200", at: start}
  - id: restart
    name: Restart sshd
    service: {unit: ssh, state: restarted}
    when_changed: port
    confirm_within: 8s
`)
  const before = await state()
  const { code, stdout, stderr } = await cli.run('apply', book, ...go)
  expect({ code, said: stdout + stderr }).toMatchObject({
    code: 6,
    said: expect.stringContaining('undone by the host'),
  })
  expect(journaled().filter((line) => line.startsWith('undo'))).toEqual([
    'undo-armed restart',
    'undo-finished port',
    'undo-finished restart',
  ])
  expect(differences([before], [await state()])).toEqual([])
})

test('killed in a step, the program leaves it to the host, which ends the step and undoes it; resume does it again', async () => {
  runbook(`  - id: slow
    name: Take its time
    shell: {script: "echo run >>/run/effects; [ -e /run/go ] || sleep 300", check: "test -s /run/effects"}
    undo: {command: {argv: [rm, /run/effects]}}
    confirm_within: 6s
`)
  const started = cli.start('apply', book, ...go)
  await untilSaid(started, 'armed Take its time')
  while ((await onHost('cat /run/effects 2>/dev/null; true')) === '') await delay(50)
  expect(await timers()).toContain('runbook-')
  started.signal('SIGKILL')
  await started.ended
  while ((await onHost('cat /run/effects 2>/dev/null; true')) !== '') await delay(200)
  expect(await onHost('grep -lsF RUNBOOK_STEP=/ /proc/[0-9]*/environ; true')).toBe('')
  await onHost('touch /run/go')
  expect(await cli.run('resume', 'last', ...go)).toMatchObject({ code: 0 })
  expect(journaled()).toEqual([
    ...['step-started slow', 'undo-armed slow', 'undo-finished slow'],
    ...['step-started slow', 'undo-armed slow', 'undo-disarmed slow confirmed', 'step-finished slow'],
  ])
  expect(await onHost('cat /run/effects')).toBe('run\n')
})

test('a host that is restarted before its time is over undoes nothing by itself: that is told, and rolled back', async () => {
  runbook(`  - id: slow
    name: Take its time
    shell: {script: "echo run >>/srv/effects; sleep 300", check: "test -s /srv/effects"}
    undo: {command: {argv: [rm, -f, /srv/effects]}}
    confirm_within: 3m
`)
  const effects = () => onHost('cat /srv/effects 2>/dev/null; true')
  const begun = async (): Promise<Started> => {
    const started = cli.start('apply', book, ...go)
    await untilSaid(started, 'armed Take its time')
    while ((await effects()) === '') await delay(50)
    return started
  }
  const killed = await begun()
  killed.signal('SIGKILL')
  await killed.ended
  await crashHost('h1', settings)
  await startHost('h1', settings)
  expect(await effects()).toBe('run\n')
  const { code, stderr } = await cli.run('rollback', 'last', ...go)
  expect({ code, stderr }).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('the host was restarted meanwhile'),
  })
  expect(await effects()).toBe('')
  expect(journaled().filter((line) => line.startsWith('undo-disarmed'))).toEqual(['undo-disarmed slow lost'])
  expect(await timers()).toBe('')
})
