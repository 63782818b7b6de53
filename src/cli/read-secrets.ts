import { spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { type SecretSource, sourceKey, sourceText } from '../load/secret-source.ts'
import type { SecretValues } from '../load/secret-values.ts'
import { unvaultWith } from '../load/vault.ts'
import { openVaulted } from '../load/vault-file.ts'
import { escapeLine } from '../model/escape.ts'
import { type Problem, ProblemError, unwrap } from '../model/problem.ts'
import { Secret } from '../model/secret.ts'
import { unreachable } from '../model/unreachable.ts'
import { askHidden, canAsk } from './ask.ts'
import type { World } from './world.ts'

/** Asks each source, one after the other, and none twice in a call of the program. Throws ProblemError at the first that fails. */
export async function readSecrets(sources: readonly SecretSource[], world: World): Promise<SecretValues> {
  const unvault = unvaultWith(world.vaultPasswords)
  for (const source of sources) {
    const key = sourceKey(source)
    if (world.secrets.answers.has(key)) continue
    const secret = source.kind === 'vault' ? unwrap(openVaulted(source, unvault)) : await readSecret(source, world)
    world.secrets.answers.set(key, secret)
    if (source.kind !== 'vault') world.secrets.keepUnnamed([secret])
  }
  return world.secrets.answers
}

async function readSecret(source: Exclude<SecretSource, { kind: 'vault' }>, world: World): Promise<Secret> {
  switch (source.kind) {
    case 'env':
      return fromEnvironment(source.name, world)
    case 'file':
      return fromFile(resolved(source.path, world), world)
    case 'prompt':
      return fromPrompt(source.question, world)
    case 'command':
      return fromProgram(source.argv, source, world)
    case 'age':
      return fromProgram(
        ['age', '--decrypt', '--identity', resolved(source.identity, world), resolved(source.path, world)],
        source,
        world,
      )
    case 'sops': {
      const key = source.key.split('.').map((part) => `[${JSON.stringify(part)}]`)
      return fromProgram(['sops', '--decrypt', '--extract', key.join(''), resolved(source.path, world)], source, world)
    }
    default:
      return unreachable(source)
  }
}

const resolved = (file: string, { cwd, homeFolder }: World): string =>
  path.resolve(cwd, file.replace(/^~(?=\/)/, homeFolder))

const refuse = (message: string, more: Partial<Problem> = {}): never => {
  throw new ProblemError({ kind: 'parameter', message, ...more })
}

/** The line's end that editors and `echo` put there is no part of a secret. */
const withoutEnd = (text: string): Secret => new Secret(text.replace(/\r?\n$/, ''))

/** Read, and taken away: no program that is started from here needs it. */
function fromEnvironment(name: string, world: World): Secret {
  const value = world.env[name]
  if (value === undefined || value === '') return refuse(`the environment variable ${name} is not set`)
  world.dropEnv(name)
  return new Secret(value)
}

function fromFile(file: string, world: World): Secret {
  try {
    if ((statSync(file).mode & 0o077) !== 0)
      world.stderr.write(`warning: others may read the secret in ${escapeLine(file)}: chmod 600 it\n`)
    return withoutEnd(readFileSync(file, 'utf8'))
  } catch (error) {
    return refuse(`the secret cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function fromPrompt(question: string, world: World): Promise<Secret> {
  if (canAsk(world, 'allowed')) return askHidden(world, `${escapeLine(question)}:`)
  return refuse(`a secret has to be typed (${question}), and there is no terminal to ask on`, {
    hint: "--set 'NAME={env: VARIABLE}' gives it another source",
  })
}

const DEADLINE_MS = 120_000 // somebody may have to type a passphrase
const MOST_BYTES = 1_048_576

async function fromProgram(argv: readonly [string, ...string[]], source: SecretSource, world: World): Promise<Secret> {
  const [program, ...args] = argv
  const child = spawn(program, args, {
    cwd: world.cwd,
    env: world.env,
    stdio: ['inherit', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
  })
  const [out, said] = [collect(child.stdout), collect(child.stderr)]
  const ended = await new Promise<Error | number | NodeJS.Signals>((resolve) => {
    child.once('error', resolve)
    child.once('close', (code, signal) => resolve(code ?? signal ?? 0))
  })
  if (ended instanceof Error)
    return refuse(`${sourceText(source)} cannot be asked: ${program} does not start`, { detail: ended.message })
  if (ended !== 0) {
    const detail = said().toString('utf8').trim()
    return refuse(
      `${sourceText(source)} gave no secret: ${program} ended with ${ended}`,
      detail === '' ? {} : { detail },
    )
  }
  return withoutEnd(out().toString('utf8'))
}

function collect(stream: NodeJS.ReadableStream): () => Buffer {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= MOST_BYTES) chunks.push(chunk)
  })
  return () => Buffer.concat(chunks)
}
