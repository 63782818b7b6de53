import { readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { LOCAL_INVENTORY, makeProject } from './project.ts'

const SECRET = `top "secret" it's ö &%+/`
const FORMS = [
  SECRET,
  JSON.stringify(SECRET).slice(1, -1),
  encodeURIComponent(SECRET),
  SECRET.replaceAll("'", "'\\''"),
  ...[0, 1, 2].map((before) =>
    Buffer.from(`${'x'.repeat(before)}${SECRET}`)
      .toString('base64')
      .slice(before === 0 ? 0 : 4, 20),
  ),
]

const LOGIN = `name: login
summary: Give the program its password
hosts: all
params:
  password: {type: string, secret: true, description: of the database}
steps:
  - id: file
    name: Write the file
    file: {path: $HERE/target.conf, content: "user=app\\npassword={{ password }}\\n"}
  - id: tell
    name: Tell it
    shell: {script: "printf '%s' {{ password }} | tee -a $HERE/told; printf '%s' {{ password }} | base64"}
    as: said
    undo:
      shell: {script: "test {{ password }} = \\"$(cat $HERE/told)\\" && rm $HERE/told"}
  - name: Use what it said
    command: {argv: [sh, -c, 'printf %s "$1" >$0', $HERE/again, "{{ said.stdout }}"], stdin: "{{ password }}"}
    undo:
      command: {argv: [rm, $HERE/again]}
`

const files = { 'runbooks/login.yaml': LOGIN, 'hosts.yaml': LOCAL_INVENTORY, secret: `${SECRET}\n` }
const FROM_FILE = ['-i', 'hosts.yaml', '--set', 'password={file: secret}'] as const

function allFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
}

const leaksIn = (text: string): readonly string[] => FORMS.filter((form) => text.includes(form))

function leaksOf(folder: string, ...texts: readonly string[]): readonly string[] {
  const kept = allFiles(path.join(folder, 'state')).filter((file) => leaksIn(readFileSync(file, 'utf8')).length > 0)
  return [...kept, ...texts.flatMap(leaksIn)]
}

describe('a secret parameter', () => {
  test('reaches the host and nothing that is shown or kept; what it was used for is undone with it', async () => {
    const project = makeProject(files)
    const applied = await project.run('apply', 'login', ...FROM_FILE, '--yes', '--verbose')
    expect(applied.stderr).not.toContain('error')
    expect(applied.code).toBe(0)
    expect([project.read('target.conf'), project.read('told')]).toEqual([`user=app\npassword=${SECRET}\n`, SECRET])
    expect(project.read('again')).toContain(SECRET)
    expect(applied.stdout).toContain('+password=***')
    const report = await project.run('report', 'last', '--format', 'json')
    const events = await project.run('runs', 'last', '--json')
    expect(
      leaksOf(project.folder, ...[applied, report, events].flatMap(({ stdout, stderr }) => [stdout, stderr])),
    ).toEqual([])
    const undone = await project.run('rollback', 'last', '--yes')
    expect(undone.stderr).not.toContain('error')
    expect(undone.code).toBe(0)
    expect(
      allFiles(project.folder).filter((file) => /target.conf$|told$|again$/.test(file) && !file.includes('/host/')),
    ).toEqual([])
    expect(leaksOf(project.folder, undone.stdout, undone.stderr)).toEqual([])
  })

  test('is not kept with the facts of a stage that works on another host, either', async () => {
    const project = makeProject({
      ...files,
      'hosts.yaml': `${LOCAL_INVENTORY}    there: {ansible_connection: local}\n`,
      'runbooks/login.yaml': LOGIN.replace('hosts: all', 'hosts: here').replace(
        'steps:',
        `facts:
  - shell: {script: "printf '%s' {{ password }}", read_only: true}
    as: seen
vars:
  known: "{{ seen.stdout }} of {{ password }}"
steps:
  - id: elsewhere
    file: {path: $HERE/elsewhere, content: "{{ known }}"}
    on: there`,
      ),
    })
    const applied = await project.run('apply', 'login', ...FROM_FILE, '--yes')
    expect(applied.stderr).not.toContain('error')
    expect(applied.code).toBe(0)
    expect(project.read('elsewhere')).toBe(`${SECRET} of ${SECRET}`)
    const journal = allFiles(path.join(project.folder, 'state')).map((file) => readFileSync(file, 'utf8'))
    expect(journal.join('')).toMatch(/"stage-started".*"facts":\{"here":.*"known"/)
    expect(leaksOf(project.folder, applied.stdout)).toEqual([])
  })

  test('is asked for again by a plan that was kept, which notices another value and keeps neither', async () => {
    const project = makeProject(files)
    const planned = await project.run('plan', 'login', ...FROM_FILE, '--out', 'plan.json')
    expect(planned.code).toBe(0)
    expect(leaksIn(project.read('plan.json'))).toEqual([])
    expect(project.read('plan.json')).toContain('salted:')
    project.write('secret', 'another one\n')
    const refused = await project.run('apply', 'plan.json', '--yes')
    expect(refused.stderr).toContain('the secret password is not the one that the plan was made with')
    expect(refused.code).toBe(9)
    project.write('secret', `${SECRET}\n`)
    expect(await project.run('apply', 'plan.json', '--yes')).toMatchObject({ code: 0 })
    expect(project.read('told')).toBe(SECRET)
  })

  test('stays hidden in JSON, and so does the secret that stood there before', async () => {
    const project = makeProject({ ...files, 'target.conf': 'user=app\npassword=the old one\n' })
    const planned = await project.run('plan', 'login', ...FROM_FILE, '--json')
    expect(planned.stdout).toContain('-***')
    expect(planned.stdout).not.toContain('the old one')
    expect(leaksIn(planned.stdout)).toEqual([])
  })

  test('is not shown by vars, which tells where it comes from and asks nobody', async () => {
    const project = makeProject(files)
    const shown = await project.run(
      'vars',
      'here',
      'password',
      '-r',
      'login',
      '-i',
      'hosts.yaml',
      '--set',
      'password={command: ["false"]}',
    )
    expect(shown.stdout).toBe('password = "***"  string  --set, from the command false\n')
  })

  test.each([
    ['password=plain text', 'a secret given on the command line is seen in the list of processes'],
    ['password={env: NOT_SET}', 'the environment variable NOT_SET is not set'],
    ['password={file: nowhere}', 'the secret cannot be read: ENOENT'],
    ['password={command: [sh, -c, "echo no >&2; exit 7"]}', 'the command sh gave no secret: sh ended with 7'],
    ['password={prompt: of the database}', 'a secret has to be typed (of the database), and there is no terminal'],
    ['password={command: [echo, abc]}', 'password is a secret of less than 4 characters'],
    ['password={vault: x}', 'password is a secret, and must be text or say where it comes from'],
  ])('--set %s is refused in words', async (set, words) => {
    const { code, stderr } = await makeProject(files).run('plan', 'login', '-i', 'hosts.yaml', '--set', set)
    expect(stderr).toContain(words)
    expect(code).toBe(3)
  })

  test('comes from a program, or from a file of variables, which later commands read again', async () => {
    const project = makeProject({ ...files, 'values.yaml': `password: ${JSON.stringify(SECRET)}\n` })
    const program = ['-i', 'hosts.yaml', '--set', 'password={command: [cat, secret]}']
    expect(await project.run('plan', 'login', ...program)).toMatchObject({ code: 0 })
    expect(
      await project.run('apply', 'login', '-i', 'hosts.yaml', '--vars-file', 'values.yaml', '--yes'),
    ).toMatchObject({ code: 0 })
    expect(leaksOf(project.folder)).toEqual([])
    expect(await project.run('rollback', 'last', '--yes')).toMatchObject({ code: 0 })
  })

  test('may come from elsewhere when the run is undone; other values are settled', async () => {
    const project = makeProject(files)
    expect(await project.run('apply', 'login', ...FROM_FILE, '--yes')).toMatchObject({ code: 0 })
    renameSync(path.join(project.folder, 'secret'), path.join(project.folder, 'moved'))
    expect((await project.run('rollback', 'last', '--yes')).stderr).toContain('the secret cannot be read: ENOENT')
    const other = await project.run('rollback', 'last', '--yes', '--set', 'greeting=x')
    expect(other.stderr).toContain('--set greeting: the values of a run are settled')
    const undone = await project.run('rollback', 'last', '--yes', '--set', 'password={file: moved}')
    expect(undone).toMatchObject({ code: 0 })
    expect(undone.stderr).not.toContain('no longer the values')
  })

  test('is kept by nobody but its owner: a secret that others may read is told', async () => {
    const project = makeProject(files)
    const { stderr } = await project.run('plan', 'login', ...FROM_FILE)
    expect(statSync(path.join(project.folder, 'secret')).mode & 0o044).not.toBe(0)
    expect(stderr).toContain('warning: others may read the secret in')
  })
})
