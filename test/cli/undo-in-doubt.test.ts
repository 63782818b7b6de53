import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { LOCAL_INVENTORY, makeProject } from './project.ts'

vi.setConfig({ testTimeout: 60_000 }) // each call is a process of its own

const BOOK = `name: open
summary: Opens a door, and fails
hosts: all
on_failure: rollback_run
steps:
  - id: door
    command: {argv: [touch, $HERE/open]}
    undo:
      shell: {script: "echo undone >>$HERE/undone; touch $HERE/undoing; while ! test -e $HERE/go; do sleep 0.1; done; rm $HERE/open"}
  - command: {argv: [sh, -c, "exit 3"]}
    undo: {command: {argv: ["true"]}}
`

test('killed while it undoes, a run is not gone on with; its rollback waits for the undo that runs, and does not run it again', async () => {
  const here = makeProject({ 'runbooks/open.yaml': BOOK, 'inventories/default.yaml': LOCAL_INVENTORY })
  await here.runUntil('undoing', 'apply', 'open', '--yes')
  expect(await here.run('resume', 'last', '--yes')).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/was being undone .*\n(?:.*\n)*.*runbook rollback/),
  })
  expect(await here.run('rollback', 'last', '--yes', '--settle', 'gate@here=done')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('in doubt: door@here'),
  })
  const rollingBack = here.run('rollback', 'last', '--yes')
  here.write('go', '')
  expect(await rollingBack).toMatchObject({ code: 0 })
  expect(here.read('undone')).toBe('undone\n')
  expect(existsSync(path.join(here.folder, 'open'))).toBe(false)
})
