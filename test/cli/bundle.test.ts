import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
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

  describe('keeps what it compiled', () => {
    const cache = emptyFolder()
    const code = path.join(cache, 'runbook/code')
    const list = (): Promise<Ran> => runbook(['list'], { cwd: here.folder, program, env: { XDG_CACHE_HOME: cache } })
    const kept = (): string =>
      path.join(code, readdirSync(code).find((name) => /^[0-9a-f]{16}-list$/.test(name)) ?? 'none')

    test('for its user alone, and runs from it the next time', async () => {
      const first = await list()
      expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('greet') })
      expect(statSync(kept()).mode & 0o777).toBe(0o600)
      expect(statSync(code).mode & 0o777).toBe(0o700)
      const before = statSync(kept()).ino
      expect(await list()).toEqual(first)
      expect(statSync(kept()).ino).toBe(before) // taken, not made anew
    })

    test('and makes it anew where it is broken, or could be somebody else’s', async () => {
      const first = await list()
      for (const spoil of [
        () => writeFileSync(kept(), 'no code'),
        () => chmodSync(kept(), 0o666),
        () => chownSync(kept(), 12_345, 12_345),
      ]) {
        spoil()
        const before = statSync(kept()).ino
        expect(await list()).toEqual(first)
        expect(statSync(kept()).ino).not.toBe(before)
      }
    })

    test('and what another build left more than 30 days ago is removed', async () => {
      for (const name of ['older-list', 'other-list']) writeFileSync(path.join(code, name), '')
      utimesSync(path.join(code, 'older-list'), 0, new Date(Date.now() - 31 * 24 * 3600 * 1000))
      const mine = kept()
      writeFileSync(mine, 'no code')
      await list()
      expect(readdirSync(code).toSorted()).toEqual([path.basename(mine), 'other-list'].toSorted())
    })

    test('and runs without where nothing can be kept', async () => {
      const file = path.join(emptyFolder(), 'file')
      writeFileSync(file, '')
      expect(await runbook(['list'], { cwd: here.folder, program, env: { XDG_CACHE_HOME: file } })).toMatchObject({
        code: 0,
        stderr: '',
      })
    })
  })
})
