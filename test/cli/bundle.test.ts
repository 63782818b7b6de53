import { execFileSync } from 'node:child_process'
import { cpSync, statSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { GREET, LOCAL_INVENTORY, makeProject } from './project.ts'
import { emptyFolder, type Ran, ROOT, runbook } from './spawn-runbook.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 }) // each call is a process of its own

describe('the bundle, without the libraries beside it', () => {
  const installed = emptyFolder()
  const program = path.join(installed, 'dist/main.js')
  const here = makeProject({
    'runbooks/greet.yaml': GREET,
    'inventories/default.yaml': LOCAL_INVENTORY,
    'far.yaml': 'all:\n  hosts:\n    far: {ansible_host: 127.0.0.1, ansible_port: 1}\n',
    target: 'GREETING=old\n',
  })
  const run = (...args: readonly string[]): Promise<Ran> => runbook(args, { cwd: here.folder, program })

  beforeAll(() => {
    execFileSync(process.execPath, [path.join(ROOT, 'scripts/build.ts'), path.join(installed, 'dist')])
    cpSync(path.join(ROOT, 'package.json'), path.join(installed, 'package.json'))
  })

  test('can be executed', () => {
    expect(statSync(program).mode & 0o111).not.toBe(0)
  })

  test('prints help and its version', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, stderr: '' })
    expect(await run('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^runbook \d/) })
  })

  test('plans a local host', async () => {
    expect(await run('plan', 'greet')).toMatchObject({ code: 0, stdout: expect.stringContaining('+GREETING=hello') })
  })

  test('speaks SSH: a port without a server is unreachable, not a defect', async () => {
    expect(await run('ping', '-i', 'far.yaml')).toMatchObject({ code: 4, stderr: expect.stringContaining('refused') })
  })
})
