import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, sshLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { differences, lasting, snapshotHost } from './support/host-snapshot.ts'
import { cliFor } from './support/run-cli.ts'

// Words of the language on real hosts: include, on, and retry with until.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const cli = cliFor(settings)
const book = path.join(folder, 'guest.yaml')

/** The remedy looks at the very file that it changes: chosen once, its second stage is still taken. */
const REMEDY = `name: remedy
summary: What the evidence asks for
hosts: all
become: true
params:
  pace: {type: integer, minimum: 1, description: how fast}
  disk: {type: string, default: /srv/guest.disk, description: of the guest}
facts:
  - shell: {script: "cat /etc/default/guest 2>/dev/null || echo none", read_only: true}
    as: seen
guards:
  - assert: {that: "pace < 100", message: "{{ pace }} is too fast"}
stages:
  - name: Settings of the guest
    steps:
      - id: pace
        env_file: {path: /etc/default/guest, create: true, set: {PACE: "{{ pace }}"}}
  - name: Disk of the guest
    steps:
      - id: disk
        name: Set the cache
        file: {path: "{{ disk }}", content: "cache of {{ inventory_hostname }}: none\\n", mode: "0640"}
        on: h2
`

const GUEST = `name: guest
summary: A guest and its host
hosts: h1
become: true
on_failure: rollback_run
facts:
  - shell: {script: "test -e /etc/default/guest && echo set || echo unset", read_only: true}
    as: settings
stages:
  - name: Mark it
    steps:
      - file: {path: /srv/mark, content: "{{ inventory_hostname }}\\n"}
  - include: remedy
    id: fix
    when: "settings.stdout.startsWith('unset')"
    params: {pace: 7}
  - name: Wait for it
    steps:
      - shell: {script: "test $(($(date +%s) - $(stat -c %Y /srv/guest.disk))) -ge 2 && echo ready || echo not yet", read_only: true}
        on: h2
        as: state
        retry: {times: 20, every: 500ms, until: "output.stdout.startsWith('ready')"}
`

const snapshots = async () => (await Promise.all(['h1', 'h2'].map((host) => snapshotHost(host, settings)))).map(lasting)
const read = async (host: string, file: string): Promise<string> =>
  (await sshLab(host, [`cat ${file}`], settings)).stdout

beforeAll(async () => {
  writeFileSync(book, GUEST)
  writeFileSync(path.join(folder, 'remedy.yaml'), REMEDY)
  await upLab('mods', settings)
})

afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true })
})

test('an included remedy that works on another host is planned, applied, found done, and rolled back exactly', async () => {
  const before = await snapshots()
  const plan = await cli.run('plan', book)
  expect(plan.stdout).toContain('on 1 host; steps also work on h2')
  expect(plan.stdout).toContain('Stage 3: fix: Disk of the guest')
  expect(plan.stdout).toContain('Set the cache (on h2)')
  expect(await cli.run('apply', '--yes', book)).toMatchObject({ code: 0 })
  expect(await read('h1', '/etc/default/guest')).toBe('PACE=7\n')
  expect(await read('h2', '/srv/guest.disk')).toBe('cache of h1: none\n')
  expect(await read('h1', '/srv/guest.disk')).toBe('')
  const again = await cli.run('apply', '--yes', book)
  expect(again).toMatchObject({ code: 0 })
  expect(again.stdout).toContain('Nothing to do.')
  expect(await cli.run('rollback', 'last', '--yes')).toMatchObject({ code: 0 })
  expect(differences(before, await snapshots())).toEqual([])
})

test('an included file that changed makes a plan that was kept stale', async () => {
  const kept = path.join(folder, 'plan.json')
  expect(await cli.run('plan', '--out', kept, book)).toMatchObject({ code: 0 })
  writeFileSync(path.join(folder, 'remedy.yaml'), REMEDY.replace('0640', '0600'))
  const stale = await cli.run('apply', '--yes', kept)
  expect(stale).toMatchObject({ code: 9 })
  expect(stale.stderr).toContain('or one that it includes, is not the one that the plan was made of')
  writeFileSync(path.join(folder, 'remedy.yaml'), REMEDY)
})

test('killed at any moment, a run with both is resumed to the same end, or undone exactly', async () => {
  const before = await snapshots()
  for (const records of [4, 7, 10]) {
    await cli.runUntil(records, 'apply', '--yes', book)
    if (records === 7) expect(await cli.run('resume', 'last', '--yes')).toMatchObject({ code: 0 })
    expect(await cli.run('rollback', 'last', '--yes')).toMatchObject({ code: 0 })
    expect(differences(before, await snapshots())).toEqual([])
  }
})
