import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { LOCAL_INVENTORY, makeProject, type Project } from './project.ts'

vi.setConfig({ testTimeout: 60_000 }) // each call is a process of its own

// Two controllers: a state folder and an inventory file each; this machine is the host of both.

const SLOW = `name: slow
summary: Takes its time
hosts: all
on_failure: rollback_run
steps:
  - id: first
    env_file: {path: $HERE/target, set: {FIRST: done}}
  - id: middle
    name: Take the time
    shell: {script: "echo run >>$HERE/runs; touch $HERE/begun; while ! test -e $HERE/go; do sleep 0.1; done"}
    undo:
      command: {argv: [rm, -f, $HERE/begun]}
  - id: last
    command: {argv: [touch, $HERE/last]}
    undo:
      command: {argv: [rm, -f, $HERE/last]}
`
const QUICK = `name: quick
summary: Changes the same host
hosts: all
on_failure: rollback_run
steps:
  - env_file: {path: $HERE/target, set: {OTHER: "2"}}
`
const EACH = `name: each
summary: A file of its own for each name
hosts: all
on_failure: rollback_run
steps:
  - file: {path: "$HERE/of-{{ inventory_hostname }}", content: "x"}
`
const project = (): Project =>
  makeProject({
    'runbooks/slow.yaml': SLOW,
    'runbooks/quick.yaml': QUICK,
    'runbooks/each.yaml': EACH,
    'inventories/default.yaml': LOCAL_INVENTORY,
    'inventories/twice.yaml': 'all:\n  vars: {ansible_connection: local}\n  hosts: {one: , two: }\n',
    'theirs.yaml': LOCAL_INVENTORY,
    target: 'OTHER=1\n',
  })
const theirs = ['-i', 'theirs.yaml', '--state-dir', 'theirs']
const runOf = ({ folder }: Project): string => readdirSync(path.join(folder, 'state/runs'))[0] ?? ''
const locksOn = ({ folder }: Project): readonly string[] => readdirSync(path.join(folder, 'host/host.lock'))
const lockIn = (text: string): string => /lock ([0-9a-f]{16})/.exec(text)?.[1] ?? 'no lock'

test('while one run works on a host, another controller is refused, names the run and records nothing', async () => {
  const here = project()
  const running = here.run('apply', 'slow', '--yes')
  await vi.waitUntil(() => existsSync(path.join(here.folder, 'begun')), { timeout: 30_000 })
  const refused = await here.run('apply', 'quick', '--yes', ...theirs)
  expect(refused.code).toBe(9)
  expect(refused.stderr).toMatch(/@.* is at it: apply of slow, run /)
  expect(refused.stderr).toContain(runOf(here))
  expect(refused.stderr).toContain('still stands')
  expect(readdirSync(path.join(here.folder, 'theirs/runs'))).toEqual([])
  const unlocked = await here.run('unlock', lockIn(refused.stderr), '--yes', ...theirs)
  expect(unlocked).toMatchObject({ code: 9, stderr: expect.stringContaining('the lock stays') })
  here.write('go', '')
  expect(await running).toMatchObject({ code: 0 })
  expect(await here.run('apply', 'quick', '--yes', ...theirs)).toMatchObject({ code: 0 })
})

test('a killed run keeps its hosts from others, and its resume takes them over', async () => {
  const here = project()
  await here.runUntil('begun', 'apply', 'slow', '--yes')
  here.write('go', '')
  const refused = await here.run('apply', 'quick', '--yes', ...theirs)
  expect(refused.code).toBe(9)
  expect(refused.stderr).toContain(`runbook resume ${runOf(here)}`)
  expect(refused.stderr).toContain(`runbook unlock ${lockIn(refused.stderr)} -i `)
  expect(await here.run('resume', 'last', '--yes')).toMatchObject({ code: 0 })
  expect(here.read('runs')).toBe('run\n')
  expect(await here.run('apply', 'quick', '--yes', ...theirs)).toMatchObject({ code: 0 })
})

test('unlock frees what a lost controller held, once nothing runs there, and what it began goes nowhere any more', async () => {
  const here = project()
  await here.runUntil('begun', 'apply', 'slow', '--yes')
  const refused = await here.run('apply', 'quick', '--yes', ...theirs)
  const lock = lockIn(refused.stderr)
  expect(await here.run('unlock', 'ffff', '--yes', ...theirs)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining(lock),
  })
  const busy = await here.run('unlock', lock, '--yes', ...theirs)
  expect(busy).toMatchObject({ code: 9, stderr: expect.stringContaining('still runs here') })
  here.write('go', '')
  await vi.waitUntil(async () => (await here.run('unlock', lock, '--yes', ...theirs)).code === 0, { timeout: 30_000 })
  expect(await here.run('apply', 'quick', '--yes', ...theirs)).toMatchObject({ code: 0 })
  expect(await here.run('unlock', lock, '--yes', ...theirs)).toMatchObject({ code: 3 })
})

test('a run whose host was taken from it begins nothing there any more, and undoes nothing there', async () => {
  const here = project()
  const running = here.run('apply', 'slow', '--yes')
  await vi.waitUntil(() => existsSync(path.join(here.folder, 'begun')), { timeout: 30_000 })
  here.write('host/host.lock/7', '') // what unlocking leaves
  here.write('go', '')
  expect(await running).toMatchObject({ code: 7, stderr: expect.stringContaining('has taken this host') })
  expect(existsSync(path.join(here.folder, 'last'))).toBe(false)
  expect(here.read('target')).toBe('OTHER=1\nFIRST=done\n')
})

test('a run is gone on with by one at a time, whatever inventory they give', async () => {
  const here = project()
  await here.runUntil('begun', 'apply', 'slow', '--yes')
  const both = [here.run('resume', 'last', '--yes'), here.run('resume', 'last', '--yes', '-i', 'theirs.yaml')]
  const refused = await Promise.race(both) // the other one waits for the step
  expect(refused).toMatchObject({ code: 9, stderr: expect.stringContaining('is at it: resume of slow') })
  here.write('go', '')
  expect((await Promise.all(both)).map(({ code }) => code).toSorted()).toEqual([0, 9])
})

test('one machine under two names is one host, and takes one lock', async () => {
  const here = project()
  const twice = ['apply', 'each', '--yes', '-i', 'inventories/twice.yaml']
  expect(await here.run(...twice)).toMatchObject({ code: 0, stdout: expect.stringContaining('Changes: 2 in place') })
  expect(locksOn(here)).toEqual(['1'])
})

test('what lies on the hosts of a run is shown and removed; then it cannot be rolled back, and says so', async () => {
  const here = project()
  expect(await here.run('apply', 'quick', '--yes')).toMatchObject({ code: 0 })
  const folder = path.join(here.folder, 'host', runOf(here))
  const shown = await here.run('runs', 'last', '--hosts')
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining(folder) })
  expect(shown.stdout).toMatch(/\d+ scripts? of 1 step: \d+ ended/)
  expect(await here.run('clean', 'last')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('rolled back any more'),
  })
  expect(existsSync(folder)).toBe(true)
  expect(await here.run('clean', 'last', '--yes')).toMatchObject({ code: 0 })
  expect(existsSync(folder)).toBe(false)
  const refused = await here.run('rollback', 'last', '--yes')
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('cannot be rolled back') })
  expect(here.read('target')).toBe('OTHER=2\n')
  expect(await here.run('runs', 'last', '--hosts', '--json')).toMatchObject({ code: 0 })
})

test('a run that is not finished is not cleaned', async () => {
  const here = project()
  await here.runUntil('begun', 'apply', 'slow', '--yes')
  here.write('go', '')
  const refused = await here.run('clean', 'last', '--yes')
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('is not finished') })
  expect(refused.stderr).toContain(`runbook resume ${runOf(here)}`)
  expect(await here.run('rollback', 'last', '--yes')).toMatchObject({ code: 0 })
  expect(readFileSync(path.join(here.folder, 'host/host.lock', locksOn(here)[0] ?? ''), 'utf8')).toBe('') // given back
  expect(await here.run('clean', 'last', '--yes')).toMatchObject({ code: 0 })
  expect(readdirSync(path.join(here.folder, 'host')).sort()).toEqual(['host.lock'])
})

test('a rollback that was killed when all was undone is gone on with, and gives the hosts back', async () => {
  const here = project()
  expect(await here.run('apply', 'quick', '--yes')).toMatchObject({ code: 0 })
  const run = runOf(here)
  expect(await here.run('rollback', run, '--yes')).toMatchObject({ code: 0 })
  const journal = `state/runs/${readdirSync(path.join(here.folder, 'state/runs')).sort().at(-1)}/run.jsonl`
  here.write(journal, here.read(journal).replace(/[^\n]*"run-finished"[^\n]*\n$/, ''))
  here.write(
    'host/host.lock/1000',
    `0123456789abcdef ${run}\nme@here\n2026-01-01T00:00:00Z\nquick\nrollback\n1 1 none\n`,
  )
  expect(await here.run('apply', 'quick', '--yes', ...theirs)).toMatchObject({ code: 9 })
  expect(await here.run('rollback', run, '--yes')).toMatchObject({ code: 0 })
  expect(await here.run('apply', 'quick', '--yes', ...theirs)).toMatchObject({ code: 0 })
})
