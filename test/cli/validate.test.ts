import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { GREET, LOCAL_INVENTORY, makeProject } from './project.ts'

vi.setConfig({ testTimeout: 60_000 }) // each call is a process of its own

const RISKY = `name: risky
summary: Works, and should not be done so
hosts: all
params:
  never: {type: integer, default: 1, description: nothing uses it}
steps:
  - name: Stop it
    shell: {script: "kill -9 1"}
    irreversible: true
`

const TYPED = `name: typed
summary: Compares a number with text
hosts: all
params:
  n: {type: integer, default: 1, description: how many}
guards:
  - assert: {that: "n == 'one'", message: "{{ n }}"}
`

const FILES = {
  'runbooks/greet.yaml': GREET,
  'runbooks/risky.yaml': RISKY,
  'runbooks/typed.yaml': TYPED,
  'inventories/default.yaml': LOCAL_INVENTORY,
  'values.yaml': 'greeting: hi\ngreting: hi\n',
}

describe('validate', () => {
  const here = makeProject(FILES)

  test('checks every runbook of a folder that is named', async () => {
    const all = await here.run('validate', 'runbooks/')
    expect(all.stdout + all.stderr).toContain('runbooks/greet.yaml')
    expect(all.stdout + all.stderr).toContain('runbooks/risky.yaml')
    expect(await here.run('validate', 'runbooks')).toEqual(all)
    mkdirSync(join(here.folder, 'bare'))
    expect(await here.run('validate', 'bare/')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no runbooks in bare/'),
    })
  })

  test('tells everything in all files at once, with rules and counts', async () => {
    const { code, stdout, stderr } = await here.run('validate', 'greet', 'risky', 'typed')
    expect(code).toBe(3)
    expect(stdout).toBe('ok  runbooks/greet.yaml\nok  runbooks/risky.yaml\n')
    expect(stderr).toContain(
      'warning[unused-parameter]: nothing uses the parameter never\n  --> runbooks/risky.yaml:5:3',
    )
    expect(stderr).toContain('warning[kill-9]')
    expect(stderr).toContain('error[expression-type]: these do not go together: int == string')
    expect(stderr).toMatch(/\n1 error, 3 warnings; runbook explain RULE tells more\n$/)
  })

  test('warnings alone exit 0, with --strict 3', async () => {
    expect(await here.run('validate', 'risky')).toMatchObject({ code: 0 })
    expect(await here.run('validate', 'risky', '--strict')).toMatchObject({ code: 3 })
    expect(await here.run('validate', 'greet', '--strict')).toMatchObject({ code: 0, stderr: '' })
  })

  test('--json gives each finding with its place and rule', async () => {
    const { code, stdout } = await here.run('validate', 'risky', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      valid: true,
      runbooks: [{ name: 'risky', file: 'runbooks/risky.yaml' }],
      findings: [
        { rule: 'unused-parameter', severity: 'warning', file: 'runbooks/risky.yaml', line: 5, column: 3, length: 5 },
        { rule: 'shell-without-check', severity: 'warning', line: 8 },
        { rule: 'kill-9', severity: 'warning', line: 8, column: 22, length: 7, hint: expect.any(String) },
      ],
    })
  })

  test('--format github gives an annotation for each finding', async () => {
    const { stdout } = await here.run('validate', 'typed', '--format', 'github')
    expect(stdout).toMatch(
      /^::error file=runbooks\/typed\.yaml,line=7,col=\d+,title=expression-type::these do not go together: int == string \(convert one: .*\)\n$/,
    )
  })

  test('--format sarif names the rules that it tells of', async () => {
    const { stdout } = await here.run('validate', 'risky', '--format', 'sarif')
    expect(JSON.parse(stdout)).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { rules: [{ id: 'kill-9' }, { id: 'shell-without-check' }, { id: 'unused-parameter' }] } },
          results: [
            { ruleId: 'unused-parameter' },
            { ruleId: 'shell-without-check' },
            { ruleId: 'kill-9', level: 'warning' },
          ],
        },
      ],
    })
  })

  test('a name in a file of variables that no runbook uses is told', async () => {
    const { code, stderr } = await here.run('validate', 'greet', '--vars-file', 'values.yaml')
    expect(code).toBe(0)
    expect(stderr).toContain('warning[unused-vars-file-name]: nothing uses greting')
    expect(stderr).toContain('values.yaml:2:1')
    expect(stderr).toContain('did you mean greeting?')
    expect(stderr).not.toContain('nothing uses greeting')
  })
})

test('what is odd in an inventory is told, and stops nothing', async () => {
  const odd = 'all:\n  hosts: {e1: }\n  children: {etcd: {hosts: {e2: }}}\n'
  const here = makeProject({ 'runbooks/greet.yaml': GREET, 'odd.yaml': odd })
  const { code, stderr } = await here.run('validate', 'greet', '-i', 'odd.yaml')
  expect(code).toBe(0)
  expect(stderr).toContain('warning[inventory-slip]: e1 is in no group\n  --> odd.yaml:2:11')
})

describe('explain', () => {
  const here = makeProject(FILES)

  test('lists the rules, or prints one', async () => {
    expect((await here.run('explain')).stdout).toMatch(/^shell-without-check +warning +/m)
    const { stdout } = await here.run('explain', 'shell-without-check')
    expect(stdout).toMatch(/^shell-without-check \(warning\): /)
    expect(stdout).toContain('# runbook: allow shell-without-check because ...')
    expect(stdout.split('\n').filter((line) => line.length > 120)).toEqual([])
  })

  test('knows exit codes and modules too', async () => {
    expect((await here.run('explain', '5')).stdout).toBe('exit code 5: no hosts matched\n')
    expect((await here.run('explain', 'file')).stdout).toContain('Arguments')
  })

  test('an id that is none is answered with the nearest', async () => {
    expect(await here.run('explain', 'shel-without-check')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('did you mean shell-without-check?'),
    })
  })
})
