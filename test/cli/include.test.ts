import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { LOCAL_INVENTORY, makeProject } from './project.ts'

const SECRET = 'c4n4ry-of-include'

const LOGIN = `name: login
summary: Give the program its password
hosts: all
params:
  password: {type: string, description: of the database}
  pause: {type: integer, default: 0, description: seconds}
steps:
  - id: file
    file: {path: $HERE/target.conf, content: "password={{ password }}\\n"}
  - id: wait
    command: {argv: [sh, -c, "touch $HERE/begun; sleep {{ pause }}; touch $HERE/told"], creates: $HERE/told}
    undo: {command: {argv: [rm, -f, $HERE/told]}}
`

const SETUP = `name: setup
summary: Set up
hosts: all
params:
  secret_word: {type: string, secret: true, description: given to the program}
  pause: {type: integer, default: 0, description: seconds}
stages:
  - name: Mark it
    steps:
      - file: {path: $HERE/mark, content: "marked\\n"}
  - include: login
    id: db
    when: "pause >= 0"
    params: {password: "{{ secret_word }}", pause: "{{ pause }}"}
`

const files = {
  'runbooks/login.yaml': LOGIN,
  'runbooks/setup.yaml': SETUP,
  'hosts.yaml': LOCAL_INVENTORY,
  secret: SECRET,
}
const WITH = ['-i', 'hosts.yaml', '--set', 'secret_word={file: secret}', '--yes'] as const

const leaksIn = (folder: string): readonly string[] =>
  readdirSync(path.join(folder, 'state'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file, 'utf8').includes(SECRET))

describe('an included runbook', () => {
  test('gets a secret that nothing shows or keeps, and is rolled back by a process of its own', async () => {
    const project = makeProject(files)
    const applied = await project.run('apply', 'setup', ...WITH, '--verbose')
    expect(applied).toMatchObject({ code: 0 })
    expect(project.read('target.conf')).toBe(`password=${SECRET}\n`)
    expect([leaksIn(project.folder), (applied.stdout + applied.stderr).includes(SECRET)]).toEqual([[], false])
    expect(await project.run('apply', 'setup', ...WITH)).toMatchObject({ code: 0 })
    const rolled = await project.run('rollback', 'last', '--yes')
    expect(rolled).toMatchObject({ code: 0 })
    expect(['target.conf', 'mark', 'told'].filter((name) => existsSync(path.join(project.folder, name)))).toEqual([])
  })

  test('that changed is not gone on with, and is undone as it was', async () => {
    const project = makeProject(files)
    await project.runUntil('begun', 'apply', 'setup', ...WITH, '--set', 'pause=2')
    project.write('runbooks/login.yaml', LOGIN.replace('id: file', 'id: other'))
    const refused = await project.run('resume', 'last', '--yes')
    expect(refused).toMatchObject({ code: 9 })
    expect(refused.stderr).toContain('the runbook runbooks/setup.yaml, or one that it includes, has changed')
    expect(refused.stderr).toContain('-  - id: file')
    expect(await project.run('rollback', 'last', '--yes')).toMatchObject({ code: 0 })
    expect(['target.conf', 'mark', 'told'].filter((name) => existsSync(path.join(project.folder, name)))).toEqual([])
  })

  test('is validated with what includes it, and shown with it', async () => {
    const project = makeProject(files)
    const shown = await project.run('show', 'setup')
    expect(shown.stdout).toContain('login as db (when pause >= 0)')
    expect(shown.stdout).toContain('Stage 2: db: Give the program its password')
    project.write('runbooks/login.yaml', LOGIN.replace('argv:', 'agrv:'))
    const validated = await project.run('validate', 'setup')
    expect(validated).toMatchObject({ code: 3 })
    expect(validated.stderr + validated.stdout).toContain('runbooks/login.yaml:11:')
  })
})
