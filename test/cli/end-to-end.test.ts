import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { BROKEN, FINAL, GREET, LOCAL_INVENTORY, makeProject, type Project } from './project.ts'

vi.setConfig({ testTimeout: 60_000 }) // each call is a process of its own

const TARGET = 'GREETING=old\nOTHER=1\n'

const project = (): Project =>
  makeProject({
    'runbooks/greet.yaml': GREET,
    'runbooks/final.yaml': FINAL,
    'runbooks/broken.yaml': BROKEN,
    'inventories/default.yaml': LOCAL_INVENTORY,
    target: TARGET,
  })

const jsonLines = (text: string): readonly { readonly type: string; readonly [key: string]: unknown }[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('a plan', () => {
  test('shows the change, says which inventory it took, and changes nothing', async () => {
    const here = project()
    const planned = await here.run('plan', 'greet')
    expect(planned).toMatchObject({ code: 0 })
    expect(planned.stdout).toContain('-GREETING=old\n        +GREETING=hello')
    expect(planned.stdout).toContain('2 to change')
    expect(planned.stderr).toContain('inventory: inventories/default.yaml (default)')
    expect(here.read('target')).toBe(TARGET)
    expect(existsSync(path.join(here.folder, 'state'))).toBe(false)
    expect(existsSync(path.join(here.folder, 'host'))).toBe(false)
  })

  test('exits 2 with --detailed-exitcode when there is something to do, else 0', async () => {
    const here = project()
    expect(await here.run('plan', 'greet', '--detailed-exitcode')).toMatchObject({ code: 2 })
    here.write('target', 'GREETING=hello\n')
    expect(await here.run('plan', 'greet', '--detailed-exitcode')).toMatchObject({ code: 0 })
  })

  test('with --json prints versioned lines', async () => {
    const { stdout } = await project().run('plan', 'greet', '--json')
    const lines = jsonLines(stdout)
    expect(lines[0]).toMatchObject({ type: 'version', ui: '1.0' })
    expect(lines.at(-1)).toMatchObject({ type: 'plan', plan: { format: 1, runbook: { name: 'greet' } } })
  })

  test('--list-hosts prints the hosts', async () => {
    expect(await project().run('plan', 'greet', '--list-hosts')).toMatchObject({ code: 0, stdout: 'here\n' })
  })
})

describe('applying and rolling back', () => {
  test('apply changes, a second one finds nothing to do, rollback restores, and all of it is on record', async () => {
    const here = project()
    const applied = await here.run('apply', 'greet', '--yes', '--set', 'greeting=ahoy')
    expect(applied).toMatchObject({ code: 0 })
    expect(applied.stdout).toMatch(
      /Applied: every change is verified\nChanges: 2 in place, 0 undone\.\nnext: runbook report 01/,
    )
    expect(here.read('target')).toBe('GREETING=ahoy\nOTHER=1\n')
    expect(existsSync(path.join(here.folder, 'told'))).toBe(true)

    const again = await here.run('apply', 'greet', '--yes', '--set', 'greeting=ahoy')
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to do.') })

    const rolled = await here.run('rollback', 'last', '--yes')
    expect(rolled).toMatchObject({ code: 0, stdout: expect.stringContaining('Changes: 0 in place, 2 undone.') })
    expect(here.read('target')).toBe(TARGET)
    expect(existsSync(path.join(here.folder, 'told'))).toBe(false)

    const runs = await here.run('runs')
    expect(runs.stdout.split('\n')).toMatchObject([
      expect.stringContaining('rolled-back'),
      expect.stringContaining('applied'),
      '',
    ])
    const events = await here.run('runs', 'last', '--json')
    expect(jsonLines(events.stdout).map((line) => line.type)).toContain('undo-finished')
    expect((await here.run('report', 'last')).stdout).toContain('undone Write the greeting')
    expect((await here.run('report', 'last', '--format', 'markdown')).stdout).toContain('+GREETING=ahoy')
    expect(JSON.parse((await here.run('report', 'last', '--format', 'json')).stdout)).toMatchObject({
      outcome: 'rolled-back',
    })

    const nothing = await here.run('rollback', runs.stdout.split('\n')[1]?.slice(0, 26) ?? '', '--yes')
    expect(nothing).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing is left to undo') })
  })

  test('a run that fails undoes what it did, exits 6 and says why', async () => {
    const here = project()
    const failed = await here.run('apply', 'broken', '--yes')
    expect(failed.code).toBe(6)
    expect(failed.stderr).toContain('| why')
    expect(failed.stderr).toMatch(
      /on here, in step Fail \(s1-2-fail\), exit code 3\n {2}--> runbooks\/broken\.yaml:8:5/,
    )
    expect(failed.stderr).toContain('Changed by then:\n  here: Write the greeting (undone)')
    expect(failed.stderr).not.toMatch(/^\s+at /m)
    expect(here.read('target')).toBe(TARGET)
  })

  test('without a name, the runbooks that the inventory names are applied', async () => {
    const here = project()
    expect(await here.run('apply', '-i', 'default.yaml', '--yes')).toMatchObject({ code: 0 })
    expect(here.read('target')).toContain('GREETING=hello')
  })

  test('a run with --json ends with its summary', async () => {
    const { stdout } = await project().run('apply', 'greet', '--yes', '--json')
    expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'summary', outcome: 'applied', problems: [] })
  })

  test('apply --check only plans', async () => {
    const here = project()
    const checked = await here.run('apply', 'greet', '--check', '--yes')
    expect(checked).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing is changed') })
    expect(here.read('target')).toBe(TARGET)
  })
})

describe('consent', () => {
  test('where nobody can answer, nothing is changed without --yes', async () => {
    const here = project()
    const refused = await here.run('apply', 'greet')
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('--yes') })
    expect(here.read('target')).toBe(TARGET)
  })

  test('what cannot be undone needs --allow-irreversible, whatever else is said', async () => {
    const here = project()
    const refused = await here.run('apply', 'final', '--yes')
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('--allow-irreversible') })
    expect(existsSync(path.join(here.folder, 'burnt'))).toBe(false)
    expect(await here.run('apply', 'final', '--yes', '--allow-irreversible')).toMatchObject({ code: 0 })
    expect(existsSync(path.join(here.folder, 'burnt'))).toBe(true)
  })
})

describe('a plan that was kept', () => {
  test('is applied as it is, with the values of then', async () => {
    const here = project()
    expect(await here.run('plan', 'greet', '--set', 'greeting=servus', '--out', 'p.json')).toMatchObject({ code: 0 })
    expect(await here.run('apply', 'p.json', '--yes')).toMatchObject({ code: 0 })
    expect(here.read('target')).toContain('GREETING=servus')
  })

  test('is refused when the host has drifted', async () => {
    const here = project()
    await here.run('plan', 'greet', '--out', 'p.json')
    here.write('target', 'GREETING=other\n')
    const refused = await here.run('apply', 'p.json', '--yes')
    expect(refused).toMatchObject({ code: 9, stderr: expect.stringContaining('plan-drifted') })
    expect(here.read('target')).toBe('GREETING=other\n')
  })

  test.each([
    ['the runbook', 'runbooks/greet.yaml', `${GREET}# changed\n`],
    ['the inventory', 'inventories/default.yaml', `${LOCAL_INVENTORY}# changed\n`],
  ])('is refused when %s has changed', async (_, file, text) => {
    const here = project()
    await here.run('plan', 'greet', '--out', 'p.json')
    here.write(file, text)
    const refused = await here.run('apply', 'p.json', '--yes')
    expect(refused).toMatchObject({ code: 9, stderr: expect.stringContaining('plan-stale') })
    expect(here.read('target')).toBe(TARGET)
  })

  test('cannot be bent by options', async () => {
    const here = project()
    await here.run('plan', 'greet', '--out', 'p.json')
    expect(await here.run('apply', 'p.json', '--yes', '--set', 'greeting=x')).toMatchObject({ code: 3 })
  })

  test('that is cut off is told as that', async () => {
    const here = project()
    here.write('p.json', '{"format": 1, "too')
    expect(await here.run('apply', 'p.json', '--yes')).toMatchObject({
      code: 9,
      stderr: expect.stringContaining('cut off'),
    })
  })
})

describe('looking at files', () => {
  test('list, show and validate', async () => {
    const here = project()
    expect((await here.run('list')).stdout).toContain('greet\n  Write a greeting')
    expect((await here.run('show', 'greet')).stdout).toContain('1. Write the greeting (env_file)')
    expect(await here.run('validate', 'greet')).toMatchObject({ code: 0, stdout: 'ok  runbooks/greet.yaml\n' })
  })

  test('inventory prints what ansible-inventory would', async () => {
    const here = project()
    expect((await here.run('inventory', '--graph')).stdout).toBe('@all:\n  |--@ungrouped:\n  |  |--here\n')
    const yaml = await here.run('inventory', '--yaml')
    expect(yaml.stdout).toMatch(/^all:\n {2}children:\n {4}ungrouped:\n {6}hosts:\n {8}here:/)
    expect(JSON.parse((await here.run('inventory')).stdout)).toEqual({
      _meta: { hostvars: { here: { ansible_connection: 'local', runbooks: ['greet'] } } },
      all: { children: ['ungrouped'] },
      ungrouped: { hosts: ['here'] },
    })
    expect(JSON.parse((await here.run('inventory', '--host', 'here')).stdout)).toMatchObject({
      ansible_connection: 'local',
    })
  })

  test('vars tells where a value comes from and what it overrode', async () => {
    const { stdout } = await project().run('vars', 'here', 'greeting', '-r', 'greet', '--set', 'greeting=hi')
    expect(stdout).toBe(
      'greeting = "hi"  string  --set\n    overrides "hello"  default of the runbook (runbooks/greet.yaml:5:3)\n',
    )
  })

  test('ping answers from a host', async () => {
    const { code, stdout } = await project().run('ping')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^here {2}local {2}\S+ {2}.* ms\n$/)
  })
})
