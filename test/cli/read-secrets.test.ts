import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSecrets } from '../../src/cli/read-secrets.ts'
import { withVaultPasswords } from '../../src/cli/vault-passwords.ts'
import type { World } from '../../src/cli/world.ts'
import { type SecretSource, sourceKey } from '../../src/load/secret-source.ts'
import { fakeWorld } from './fake-world.ts'
import { emptyFolder } from './spawn-runbook.ts'

const answerOf = async (source: SecretSource, world: World): Promise<string | undefined> =>
  (await readSecrets([source], world)).get(sourceKey(source))?.reveal()

/** A program of this name on the path, which shows its arguments where a test can see them. */
function withProgram(name: string, text: string): string {
  const folder = emptyFolder()
  writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`)
  chmodSync(path.join(folder, name), 0o755)
  return folder
}

describe('a secret is asked for', () => {
  test('in the environment, which no program that is started later has it from', async () => {
    const dropped: string[] = []
    const world = fakeWorld({ env: { TOKEN: 'the token' }, dropEnv: (name) => dropped.push(name) })
    expect(await answerOf({ kind: 'env', name: 'TOKEN' }, world)).toBe('the token')
    expect(dropped).toEqual(['TOKEN'])
  })

  test('once in a call of the program', async () => {
    const world = fakeWorld({ env: { TOKEN: 'the token' } })
    await answerOf({ kind: 'env', name: 'TOKEN' }, world)
    expect(await answerOf({ kind: 'env', name: 'TOKEN' }, { ...world, env: {} })).toBe('the token')
  })

  test('on a terminal, without showing what is typed', async () => {
    const world = fakeWorld({ terminal: 'yes' })
    const asked = answerOf({ kind: 'prompt', question: 'password of the database' }, world)
    world.type('typedd\u007f one\r')
    expect(await asked).toBe('typed one')
    expect(world.told().stderr).toBe('password of the database: \n')
  })

  test('in a file, without the end of its last line', async () => {
    const folder = emptyFolder()
    writeFileSync(path.join(folder, 'key'), 'two\nlines\n', { mode: 0o600 })
    expect(await answerOf({ kind: 'file', path: 'key' }, fakeWorld({ cwd: folder }))).toBe('two\nlines')
  })

  // sops is not among Debian's packages: this stands in for it, and shows only how it is called.
  test('of sops, by the member that is named', async () => {
    const bin = withProgram('sops', 'printf "%s\\n" "$*"')
    const source: SecretSource = { kind: 'sops', path: 'secrets.yaml', key: 'db.password' }
    const world = fakeWorld({ cwd: '/', env: { PATH: `${bin}:/usr/bin:/bin` } })
    expect(await answerOf(source, world)).toBe('--decrypt --extract ["db"]["password"] /secrets.yaml')
  })

  test('of a program that is not there: a problem in words', async () => {
    const world = fakeWorld({ cwd: '/', env: { PATH: '/nowhere' } })
    await expect(answerOf({ kind: 'age', path: 'a', identity: 'b' }, world)).rejects.toThrow(
      'the age file a cannot be asked: age does not start',
    )
  })
})

describe('the password of ansible-vault', () => {
  const passwordsOf = async (world: World, files: readonly string[], asked: 'ask' | 'none' = 'none') =>
    (await withVaultPasswords(world, { files, asked })).vaultPasswords.map((one) => one.reveal())

  test('stands in a file, or a program prints it, or somebody types it', async () => {
    const folder = withProgram('print', 'echo printed')
    writeFileSync(path.join(folder, 'file'), ' from the file \n', { mode: 0o600 })
    const world = fakeWorld({ cwd: folder, terminal: 'yes' })
    const passwords = passwordsOf(world, ['file', 'print'], 'ask')
    world.type('typed\r')
    expect(await passwords).toEqual(['from the file', 'printed', 'typed'])
  })

  test('is named by ANSIBLE_VAULT_PASSWORD_FILE where no option names one', async () => {
    const folder = emptyFolder()
    writeFileSync(path.join(folder, 'file'), 'from the file\n', { mode: 0o600 })
    const world = fakeWorld({ cwd: folder, env: { ANSIBLE_VAULT_PASSWORD_FILE: 'file' } })
    expect(await passwordsOf(world, [])).toEqual(['from the file'])
  })

  test('is missed in words', async () => {
    await expect(passwordsOf(fakeWorld({ cwd: '/' }), ['nowhere'])).rejects.toThrow('cannot be read')
    await expect(passwordsOf(fakeWorld(), [], 'ask')).rejects.toThrow('needs a terminal')
  })
})
