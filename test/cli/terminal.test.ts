import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { GREET, LOCAL_INVENTORY, makeProject } from './project.ts'
import { ROOT } from './spawn-runbook.ts'

vi.setConfig({ testTimeout: 60_000 }) // each call is a process of its own

// util-linux's script gives the program a terminal of its own.
const hasScript = spawnSync('script', ['--version']).status === 0

/** What a terminal of 100 columns got, and the exit code. */
function onTerminal(folder: string, input: string, ...args: readonly string[]) {
  const { status, stdout } = spawnSync('script', scripted(args), { ...placeOf(folder), input, encoding: 'utf8' })
  return { code: status, text: stdout }
}

/** The same, with `keys` typed when `prompt` is on the screen. */
async function typedAt(folder: string, { prompt, keys }: { prompt: string; keys: string }, ...args: readonly string[]) {
  const child = spawn('script', scripted(args), placeOf(folder))
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const isThere = text.includes(prompt)
    text += chunk
    if (!isThere && text.includes(prompt)) child.stdin.write(keys)
  })
  const [code] = await once(child, 'close')
  return { code, text }
}

const scripted = (args: readonly string[]): readonly string[] => [
  '-qec',
  `stty cols 100 rows 40; exec '${process.execPath}' '${path.join(ROOT, 'src/main.ts')}' ${args.join(' ')}`,
  '/dev/null',
]

const placeOf = (folder: string) => ({
  cwd: folder,
  env: {
    PATH: process.env.PATH,
    HOME: folder,
    TERM: 'xterm',
    RUNBOOK_STATE_DIR: `${folder}/state`,
    RUNBOOK_HOST_FOLDER: `${folder}/host`,
  },
})

const ASKING = `name: asking
summary: Asks in the middle
hosts: all
steps:
  - file: {path: $HERE/one, content: x}
  - pause: {prompt: "Is it drained?"}
    as: asked
  - file: {path: $HERE/two, content: "{{ asked.approved }}"}
`

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

  test('a step that asks stops the run at any answer but yes, and at Ctrl-C; resume asks again and goes on', async () => {
    const here = makeProject({ 'runbooks/asking.yaml': ASKING, 'inventories/default.yaml': LOCAL_INVENTORY })
    const prompt = 'Is it drained? Only "yes" goes on:'
    const refused = await typedAt(here.folder, { prompt, keys: 'well\n' }, 'apply', 'asking', '--yes')
    expect(refused.code).not.toBe(0)
    expect(refused.text).toMatch(/not agreed to: Is it drained\?[\s\S]*runbook resume/)
    const left = await typedAt(here.folder, { prompt, keys: '\u0003' }, 'resume', 'last', '--yes')
    expect(left.code).not.toBe(0)
    expect(left.text).toContain('stopped on request')
    expect(() => here.read('two')).toThrow(/ENOENT/)
    const done = await typedAt(here.folder, { prompt, keys: 'yes\n' }, 'resume', 'last', '--yes')
    expect(done, done.text).toMatchObject({ code: 0 })
    expect(here.read('two')).toBe('on the terminal')
  })
})
