import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { GREET, LOCAL_INVENTORY, makeProject } from './project.ts'
import { ROOT } from './spawn-runbook.ts'

vi.setConfig({ testTimeout: 60_000 }) // each call is a process of its own

// util-linux's script gives the program a terminal of its own.
const hasScript = spawnSync('script', ['--version']).status === 0

/** What a terminal of 100 columns got, and the exit code. */
function onTerminal(folder: string, input: string, ...args: readonly string[]) {
  const command = `stty cols 100 rows 40; exec '${process.execPath}' '${path.join(ROOT, 'src/main.ts')}' ${args.join(' ')}`
  const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
    cwd: folder,
    input,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      TERM: 'xterm',
      RUNBOOK_STATE_DIR: `${folder}/state`,
      RUNBOOK_HOST_FOLDER: `${folder}/host`,
    },
  })
  return { code: status, text: stdout }
}

describe.skipIf(!hasScript)('on a terminal', () => {
  const project = () =>
    makeProject({ 'runbooks/greet.yaml': GREET, 'inventories/default.yaml': LOCAL_INVENTORY, target: 'GREETING=old\n' })

  test('a run is drawn as a tree of hosts with what was done, and the cursor is given back', () => {
    const here = project()
    const { code, text } = onTerminal(here.folder, '', 'apply', 'greet', '--yes')
    expect(code).toBe(0)
    expect(text).toContain('✔')
    expect(text).toMatch(/Applying greet[\s\S]*here[\s\S]*done.* Write the greeting/)
    expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(text.lastIndexOf('\u001b[?25l'))
    expect(here.read('target')).toBe('GREETING=hello\n')
  })

  test('the plan is shown before the question, and only "yes" applies it', () => {
    const here = project()
    const declined = onTerminal(here.folder, 'no\n', 'apply', 'greet')
    expect(declined.text).toMatch(/GREETING=hello[\s\S]*Apply this plan\?[\s\S]*Not applied/)
    expect(here.read('target')).toBe('GREETING=old\n')
    expect(onTerminal(here.folder, 'yes\n', 'apply', 'greet')).toMatchObject({ code: 0 })
    expect(here.read('target')).toBe('GREETING=hello\n')
  })

  test('--plain draws nothing', () => {
    const { code, text } = onTerminal(project().folder, '', 'apply', 'greet', '--yes', '--plain')
    expect(code).toBe(0)
    expect(text).not.toContain('\u001b[?25l')
  })
})
