import { spawnSync } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import path from 'node:path'
import { ProblemError } from '../model/problem.ts'
import { Secret } from '../model/secret.ts'
import { askHidden, canAsk } from './ask.ts'
import type { VaultAccess } from './command.ts'
import type { World } from './world.ts'

/** The world with the passwords of ansible-vault that the call names: of files, of programs that print one, asked for. */
export async function withVaultPasswords(world: World, { files, asked }: VaultAccess): Promise<World> {
  const given = files.length > 0 ? files : named(world)
  const passwords = given.map((file) => passwordOf(path.resolve(world.cwd, file.replace(/^~(?=\/)/, world.homeFolder))))
  if (asked === 'ask') passwords.push(await askPassword(world))
  world.secrets.keepUnnamed(passwords)
  return { ...world, vaultPasswords: passwords }
}

const named = ({ env }: World): readonly string[] =>
  env.ANSIBLE_VAULT_PASSWORD_FILE ? [env.ANSIBLE_VAULT_PASSWORD_FILE] : []

function askPassword(world: World): Promise<Secret> {
  if (canAsk(world, 'allowed')) return askHidden(world, 'vault password:')
  throw new ProblemError({ kind: 'usage', message: '--ask-vault-pass needs a terminal to ask on' })
}

/** An executable is run and prints it, as for Ansible (parsing/vault/__init__.py, ScriptVaultSecret, FileVaultSecret). */
function passwordOf(file: string): Secret {
  const text = isProgram(file) ? printedBy(file) : read(file)
  if (text.trim() !== '') return new Secret(text.trim())
  throw new ProblemError({ kind: 'usage', message: `the vault password file ${file} is empty` })
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function printedBy(file: string): string {
  const { status, stdout, error } = spawnSync(file, [], {
    stdio: ['inherit', 'pipe', 'inherit'],
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (status === 0) return stdout
  const why = error ? error.message : `exit code ${status}`
  throw new ProblemError({
    kind: 'usage',
    message: `the vault password file ${file} is executable, and running it failed: ${why}`,
    hint: `where it is a plain file: chmod -x ${file}`,
  })
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ProblemError({ kind: 'usage', message: `the vault password file cannot be read: ${why}` })
  }
}
