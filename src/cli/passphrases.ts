import { existsSync } from 'node:fs'
import { escapeLine } from '../model/escape.ts'
import type { Secret } from '../model/secret.ts'
import type { Endpoint } from '../model/transport.ts'
import { isEncryptedKey } from '../transport/identity.ts'
import { askHidden, canAsk } from './ask.ts'
import type { World } from './world.ts'

/**
 * The endpoints, and the hosts on the way to them, with the passphrase of the key that they need: asked once for each
 * key, before anything is connected. Nothing is asked where nobody is there, where an agent may hold the key, or where
 * an open key or a password may do; then the login that fails says what to do.
 */
export async function withPassphrases(endpoints: readonly Endpoint[], world: World): Promise<readonly Endpoint[]> {
  if (!canAsk(world, 'allowed')) return endpoints
  const answers = new Map<string, Secret>()
  const unlocked: Endpoint[] = []
  for (const endpoint of endpoints) unlocked.push(await unlock(endpoint, answers, world)) // one question at a time
  return unlocked
}

async function unlock(endpoint: Endpoint, answers: Map<string, Secret>, world: World): Promise<Endpoint> {
  const jumps: Endpoint[] = []
  for (const jump of endpoint.jumps ?? []) jumps.push(await unlock(jump, answers, world))
  const onTheWay = endpoint.jumps ? { ...endpoint, jumps } : endpoint
  const file = await lockedKeyOf(endpoint)
  if (file === undefined) return onTheWay
  const passphrase = answers.get(file) ?? (await askHidden(world, `passphrase of ${escapeLine(file)}:`))
  answers.set(file, passphrase)
  return { ...onTheWay, passphrase }
}

/** The first key, where all that are there are encrypted and nothing else could log in. */
async function lockedKeyOf(endpoint: Endpoint): Promise<string | undefined> {
  const { transport, passphrase, password, agentSocket, identityFiles } = endpoint
  if (transport !== 'ssh2' || passphrase || password || agentSocket !== undefined) return undefined
  const there = identityFiles.filter((file) => existsSync(file))
  const locked = await Promise.all(there.map(isEncryptedKey))
  return locked.every((isLocked) => isLocked) ? there[0] : undefined
}
