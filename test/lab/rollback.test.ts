import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, sshLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { differences, lasting, snapshotHost } from './support/host-snapshot.ts'
import { parseRecords } from './support/journal-of.ts'
import { cliFor } from './support/run-cli.ts'

// A rollback in which one undo fails: the others are done, it says so, and it can be killed and repeated.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const cli = cliFor(settings)
const book = path.join(folder, 'rollback.yaml')
const KILLS = 4

const BOOK = `name: rollback
summary: Seven changes, to be undone
hosts: h1
become: true
stages:
  - name: Files
    steps:
      - file: {path: /srv/rollback, state: directory, mode: "0750"}
      - id: edited
        file: {path: /srv/rollback/edited, content: "ours\\n"}
      - file: {path: /etc/motd, content: "be careful\\n"}
      - sysctl: {name: net.core.somaxconn, value: 4000}
  - name: A service
    steps:
      - id: unit
        file:
          path: /etc/systemd/system/rollback.service
          content: "[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n"
      - service: {unit: rollback.service, state: started, enabled: true}
      - shell: {script: "echo once >/etc/rollback-count", check: "test -e /etc/rollback-count"}
        undo: {command: {argv: [rm, /etc/rollback-count], check: "test ! -e /etc/rollback-count"}}
`

const onHost = async (script: string): Promise<string> => {
  const { code, stdout, stderr } = await sshLab('h1', [script], settings)
  if (code !== 0) throw new Error(stderr)
  return stdout
}
const state = () => snapshotHost('h1', settings).then(lasting)
const events = () => parseRecords(cli.stateDir).records.map(({ type }) => type)

beforeAll(async () => {
  writeFileSync(book, BOOK)
  await upLab('one', settings)
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true, force: true })
})

test('a failing undo stops no other; the rollback is told, killed at any record, repeated, and in the end exact', async () => {
  const before = await state()
  expect(await cli.run('apply', book, '--yes')).toMatchObject({ code: 0 })
  const { run, records } = parseRecords(cli.stateDir)
  const changes = records.filter(({ type }) => type === 'step-started').length
  expect(changes).toBe(7)
  await onHost('cp -p /srv/rollback/edited /run/as-we-left-it; echo by hand >>/srv/rollback/edited')
  const ended: string[] = []
  for (let kill = 0; kill < KILLS; kill += 1) ended.push(await cli.runUntil(2 + 3 * kill, 'rollback', run, '--yes'))
  expect(ended).toContain('killed')
  const failed = await cli.run('rollback', run, '--yes')
  expect(failed).toMatchObject({ code: 8 })
  expect(failed.stdout + failed.stderr).toContain('was changed')
  expect(events().at(-1)).toBe('run-finished')
  // The file stays as somebody made it, and so does its folder; all else is undone.
  const left = differences([before], [await state()]).map((line) => /\/srv\/rollback\S*?(?=\||$)/.exec(line)?.[0])
  expect([...new Set(left)].toSorted()).toEqual(['/srv/rollback', '/srv/rollback/edited'])
  expect(await cli.run('rollback', run, '--yes')).toMatchObject({ code: 8 })
  await onHost('cp -p /run/as-we-left-it /srv/rollback/edited')
  expect(await cli.run('rollback', run, '--yes')).toMatchObject({ code: 0 })
  expect(differences([before], [await state()])).toEqual([])
})
