import { existsSync, globSync, rmSync } from 'node:fs'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { LOCAL_INVENTORY, makeProject } from './project.ts'

vi.setConfig({ testTimeout: 60_000 }) // each call is a process of its own

/** Three steps; the second says that it has begun, and ends when it may. */
const SLOW = `name: slow
summary: Takes its time in the middle
hosts: all
on_failure: rollback_run
steps:
  - id: first
    env_file: {path: $HERE/target, set: {FIRST: done}}
  - id: middle
    name: Take the time
    shell:
      script: "echo run >>$HERE/runs; touch $HERE/begun; while ! test -e $HERE/go; do sleep 0.1; done"
    undo:
      command: {argv: [rm, -f, $HERE/begun]}
  - id: last
    env_file: {path: $HERE/target, set: {LAST: done}}
`

const project = () =>
  makeProject({ 'runbooks/slow.yaml': SLOW, 'inventories/default.yaml': LOCAL_INVENTORY, target: 'OTHER=1\n' })

/** Takes the receipt of the step away, once it has ended. */
async function forgetReceipts({ folder }: { readonly folder: string }): Promise<void> {
  const hostFolder = path.join(folder, 'host')
  await vi.waitUntil(() => globSync('*/middle/*/rc', { cwd: hostFolder }).length === 1, { timeout: 30_000 })
  for (const middle of globSync('*/middle', { cwd: hostFolder }))
    rmSync(path.join(hostFolder, middle), { recursive: true })
}

test('a step that went on without the killed program is waited for; its end is taken over, and nobody is asked', async () => {
  const here = project()
  await here.runUntil('begun', 'apply', 'slow', '--yes')
  const resuming = here.run('resume', 'last', '--yes')
  here.write('go', '')
  expect(await resuming).toMatchObject({ code: 0, stdout: expect.stringContaining('Changes: 3 in place, 0 undone.') })
  expect(here.read('target')).toBe('OTHER=1\nFIRST=done\nLAST=done\n')
  expect(here.read('runs')).toBe('run\n')
})

test('a run killed in a step that nothing can judge asks for its outcome, and then goes on as the same run', async () => {
  const here = project()
  await here.runUntil('begun', 'apply', 'slow', '--yes')
  here.write('go', '') // what was begun on the host ends by itself
  expect(here.read('target')).toBe('OTHER=1\nFIRST=done\n')
  await forgetReceipts(here)

  const refused = await here.run('resume', 'last', '--yes')
  expect(refused).toMatchObject({ code: 3 })
  expect(refused.stderr).toContain('Take the time was begun and nobody knows how it ended')
  expect(refused.stderr).toContain('--settle middle@here=done or --settle middle@here=not-done')

  const resumed = await here.run('resume', 'last', '--yes', '--settle', 'middle@here=done')
  expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining('Changes: 3 in place, 0 undone.') })
  expect(here.read('target')).toBe('OTHER=1\nFIRST=done\nLAST=done\n')
  expect(here.read('runs')).toBe('run\n')

  const again = await here.run('resume', 'last', '--yes')
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing is left to resume') })

  expect(await here.run('rollback', 'last', '--yes')).toMatchObject({ code: 0 })
  expect(here.read('target')).toBe('OTHER=1\n')
  expect(existsSync(path.join(here.folder, 'begun'))).toBe(false)
  const late = await here.run('resume', 'last', '--yes')
  expect(late).toMatchObject({ code: 0 })
})

test('a runbook that has changed since is shown, and taken only when that is agreed to', async () => {
  const here = project()
  await here.runUntil('begun', 'apply', 'slow', '--yes')
  here.write('go', '')
  here.write('runbooks/slow.yaml', SLOW.replace('LAST: done', 'LAST: better'))
  const settle = ['--settle', 'middle@here=not-done']
  const refused = await here.run('resume', 'last', '--yes', ...settle)
  expect(refused).toMatchObject({ code: 9 })
  expect(refused.stderr).toContain('LAST: better')
  expect(await here.run('resume', 'last', '--yes', '--accept-changes')).toMatchObject({ code: 0 })
  expect(here.read('target')).toBe('OTHER=1\nFIRST=done\nLAST=better\n')
  expect(here.read('runs')).toBe('run\nrun\n')
})

test('while a run changes hosts, another one with the same inventory stops and is told who is at it', async () => {
  const here = project()
  const first = here.run('apply', 'slow', '--yes')
  await vi.waitUntil(() => existsSync(path.join(here.folder, 'begun')), { timeout: 30_000 })
  const second = await here.run('apply', 'slow', '--yes')
  expect(second).toMatchObject({ code: 9 })
  expect(second.stderr).toMatch(/error\[locked\]: \S+ is at it: apply of slow, run 01/)
  here.write('go', '')
  expect(await first).toMatchObject({ code: 0 })
})
