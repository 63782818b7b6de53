import { describe, expect, test, vi } from 'vitest'
import { FINAL, GREET, LOCAL_INVENTORY, makeProject } from './project.ts'

vi.setConfig({ testTimeout: 60_000 }) // each call is a process of its own

const FILES = {
  'runbooks/greet.yaml': GREET,
  'runbooks/final.yaml': FINAL,
  'bad.yaml': 'name: bad\nsummary: x\nhosts: all\nsteps:\n  - name: y\n    service: {unit: etcd, stat: restarted}\n',
  'tab.yaml': 'name: tab\n\tsummary: x\n',
  'inventories/default.yaml': LOCAL_INVENTORY,
  'nobody.yaml': 'all:\n  hosts: {}\n',
  'far.yaml': 'all:\n  hosts:\n    far: {ansible_host: 127.0.0.1, ansible_port: 1}\n',
  'jinja.ini': 'here ansible_connection=local greeting="{{ hello }}"\n',
  'unknown.yaml': 'name: unknown\nsummary: x\nhosts: all\nsteps:\n  - assert: {that: nmae == 1, message: no}\n',
  'ini.ini': '[all\nhere\n',
}

const CASES: readonly (readonly [argv: readonly string[], code: number, told: readonly string[]])[] = [
  [['paln', 'greet'], 3, ["unknown command 'paln'", 'did you mean plan?']],
  [['plan', 'gret'], 3, ['there is no runbook gret', 'greet']],
  [['plan', './nowhere.yaml'], 3, ['there is no runbook file ./nowhere.yaml']],
  [['plan', 'bad.yaml'], 3, ['bad.yaml:6:27', 'state', '^^^^']],
  [['validate', 'bad.yaml', 'tab.yaml'], 3, ['bad.yaml:6:27', 'tab.yaml:2']],
  [['plan', 'greet', '-i', 'gone.yaml'], 3, ['there is no inventory gone.yaml']],
  [['plan', 'greet', '-i', 'ini.ini'], 3, ['[all is no section', 'ini.ini:1:1']],
  [['plan', 'greet', '-i', 'jinja.ini'], 3, ['greeting holds Jinja, which is not run: {{ hello }}', 'jinja.ini:1:']],
  [['plan', 'unknown.yaml'], 3, ['there is no variable nmae', 'unknown.yaml:5:']],
  [['plan', 'greet', '-i', 'nobody.yaml'], 5, ['no host']],
  [['plan', 'greet', '-l', 'elsewhere'], 5, ['elsewhere']],
  [['plan', 'greet', '-i', 'far.yaml'], 4, ['far', '127.0.0.1']],
  [['plan', 'greet', '--set', 'greting=x'], 3, ['greting', 'greeting']],
  [['plan', 'greet', '--set', 'x'], 3, ['--set wants name=value']],
  [['plan', 'greet', '--vars-file', 'gone.yaml'], 3, ['gone.yaml']],
  [['plan', 'greet', '--out', 'no/such/folder/p.json'], 1, ['cannot write']],
  [['apply', 'gone.json', '--yes'], 3, ['gone.json']],
  [['rollback', 'last', '--yes'], 3, ['no run is recorded yet']],
  [['report', 'ZZZ'], 3, ['no run is recorded yet']],
  [['modules', 'env_fil'], 3, ['env_file']],
  [['vars', 'there'], 3, ['there']],
  [['inventory', '--host', 'hree'], 3, ['here']],
  [['ping', 'nobody'], 5, ['nobody']],
  [['trust', 'far', '-i', 'far.yaml', '--yes'], 4, ['far']],
]

describe('a mistake is told in one message, without a stack, with its exit code', () => {
  const here = makeProject(FILES)
  test.each(CASES)('runbook %j exits %i', async (argv, code, told) => {
    const ran = await here.run(...argv)
    expect(ran.stderr).not.toMatch(/^\s+at .*\.(ts|js):/m)
    expect(ran.stderr).toMatch(/^error\[/m)
    for (const words of told) expect(ran.stderr).toContain(words)
    expect(ran.code).toBe(code)
  })

  test('with --json a problem is a line on stdout', async () => {
    const ran = await here.run('plan', 'gret', '--json')
    expect(ran.code).toBe(3)
    expect(JSON.parse(ran.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'problem',
      problem: { kind: 'reference' },
    })
  })
})

describe('which inventory', () => {
  test('RUNBOOK_INVENTORY, then the configuration, and it is told', async () => {
    const here = makeProject({ ...FILES, 'runbook.config.yaml': 'inventory: nobody.yaml\n' })
    const { code, stderr } = await here.run('plan', 'greet')
    expect(code).toBe(5)
    expect(stderr).toContain('inventory: nobody.yaml (runbook.config.yaml)')
  })

  test('a configuration with an unknown key is refused at its place', async () => {
    const here = makeProject({ ...FILES, 'runbook.config.yaml': 'inventroy: nobody.yaml\n' })
    const { code, stderr } = await here.run('plan', 'greet')
    expect(code).toBe(3)
    expect(stderr).toContain('runbook.config.yaml:1:1')
    expect(stderr).toContain('did you mean inventory?')
  })

  test('none at all is a mistake', async () => {
    const here = makeProject({ 'runbooks/greet.yaml': GREET })
    expect(await here.run('plan', 'greet')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no inventory is given'),
    })
  })
})
