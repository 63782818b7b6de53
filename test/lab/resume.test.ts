import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, sshLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { differences, lasting, snapshotHost } from './support/host-snapshot.ts'
import { parseRecords } from './support/journal-of.ts'
import { cliFor } from './support/run-cli.ts'

// kill -9 of the program at any moment: the run goes on and ends as if nothing had happened, or is undone exactly.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const cli = cliFor(settings)
const hosts = ['h1', 'h2']
const KILLS = 8

/** Nine changes on each of two hosts, one host after the other; the unit counts its starts outside of what is compared. */
const CRASH = `name: crash
summary: Every kind of change, to be interrupted
hosts: all
become: true
on_failure: rollback_run
rolling: {batch: 1}
stages:
  - name: A service
    steps:
      - file: {path: /srv/crash, state: directory, mode: "0750"}
      - file: {path: /etc/motd, content: "be careful\\n"}
      - env_file: {path: /etc/default/crash, create: true, set: {PACE: "1"}}
      - file:
          path: /etc/systemd/system/crash.service
          content: |
            [Service]
            EnvironmentFile=/etc/default/crash
            ExecStartPre=/bin/sh -c 'echo start >>/run/crash-starts'
            ExecStart=/bin/sleep infinity
            [Install]
            WantedBy=multi-user.target
      - service: {unit: crash.service, state: started, enabled: true}
  - name: Its settings
    steps:
      - id: pace
        env_file: {path: /etc/default/crash, set: {PACE: "2", MORE: "yes"}}
      - service: {unit: crash.service, state: restarted}
        when_changed: pace
      - shell: {script: "echo once >>/srv/crash/count", check: "test -e /srv/crash/count"}
        undo: {command: {argv: [rm, -f, /srv/crash/count]}}
      - file: {path: /srv/crash/link, state: link, target: /etc/motd}
`

const book = path.join(folder, 'crash.yaml')
const snapshots = () => Promise.all(hosts.map((host) => snapshotHost(host, settings)))
const script = async (host: string, text: string): Promise<string> => {
  const { code, stdout, stderr } = await sshLab(host, [text], settings)
  if (code !== 0) throw new Error(`${host}: ${stderr}`)
  return stdout
}

/** What an end state is compared by: everything but times, which are those of the run. */
async function endState(): Promise<readonly string[]> {
  const timeless = (line: string): string => line.split('|').slice(0, -1).join('|')
  return (await snapshots())
    .map(lasting)
    .flatMap(({ files, contents, units }) => [
      ...files.map((line) => (line.split('|')[1] === 'd' ? line : timeless(line))),
      ...contents,
      ...units,
    ])
}

const starts = () => Promise.all(hosts.map((host) => script(host, 'cat /run/crash-starts; cat /srv/crash/count')))
const forgetStarts = () => Promise.all(hosts.map((host) => script(host, 'rm -f /run/crash-starts')))

beforeAll(async () => {
  writeFileSync(book, CRASH)
  await upLab('mods', settings)
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true, force: true })
})

test(`killed at ${KILLS} moments of a run, it goes on to the same end, does nothing twice, and is undone exactly`, async () => {
  const before = await snapshots()
  expect(await cli.run('apply', book, '--yes')).toMatchObject({ code: 0 })
  const undisturbed = await endState()
  const { records } = parseRecords(cli.stateDir)
  expect(records.filter((event) => event.type === 'step-started')).toHaveLength(18)
  expect(await starts()).toEqual(['start\nstart\nonce\n', 'start\nstart\nonce\n'])
  expect(await cli.run('rollback', 'last', '--yes')).toMatchObject({ code: 0 })
  expect(differences(before.map(lasting), (await snapshots()).map(lasting))).toEqual([])

  const seed = Date.now() % records.length // where the first kill falls; the others are spread evenly
  for (let kill = 0; kill < KILLS; kill += 1) {
    const at = 2 + ((seed + Math.floor((kill * records.length) / KILLS)) % (records.length - 4))
    await forgetStarts()
    const ended = await cli.runUntil(at, 'apply', book, '--yes')
    const { run } = parseRecords(cli.stateDir)
    const context = `seed ${seed}, ${ended} at record ${at} of ${records.length}`
    if (kill % 4 !== 3) {
      const resumed = await cli.run('resume', run, '--yes')
      expect({ ...resumed, context }).toMatchObject({ code: 0, context })
      expect({ context, end: await endState() }).toEqual({ context, end: undisturbed })
      expect({ context, starts: await starts() }).toEqual({
        context,
        starts: ['start\nstart\nonce\n', 'start\nstart\nonce\n'],
      })
    }
    const rolled = await cli.run('rollback', run, '--yes')
    expect({ ...rolled, context }).toMatchObject({ code: 0, context })
    expect({ context, left: differences(before.map(lasting), (await snapshots()).map(lasting)) }).toEqual({
      context,
      left: [],
    })
  }
})
