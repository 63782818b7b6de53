import { existsSync } from 'node:fs'
import path from 'node:path'
import { type EndpointOptions, endpointOf } from '../load/endpoint.ts'
import { hostOf } from '../load/select-hosts.ts'
import type { SshConfig } from '../load/ssh-config.ts'
import { loadSshConfig } from '../load/ssh-config-file.ts'
import { unvaultWith } from '../load/vault.ts'
import { escapeLine } from '../model/escape.ts'
import type { HostName } from '../model/id.ts'
import type { Inventory } from '../model/inventory.ts'
import { fail, ProblemError, type Result, succeed, unwrap } from '../model/problem.ts'
import type { Secret } from '../model/secret.ts'
import type { Endpoint } from '../model/transport.ts'
import { isEncryptedKey } from '../transport/identity.ts'
import { askHidden, canAsk } from './ask.ts'
import type { Reach } from './command.ts'
import type { World } from './world.ts'

/** Keys that are tried when nothing names one, as OpenSSH does (ssh_config(5), IdentityFile). */
const IDENTITY_FILES = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/** What flags, environment and answers say of reaching hosts. Asks for the password to become root where --ask-become-pass is given. */
export async function openAccess(reach: Reach, world: World): Promise<EndpointOptions> {
  const { user, privateKey, connection, timeoutMs } = reach
  const becomePassword = reach.becomePassword === 'ask' ? await askBecomePassword(world) : undefined
  const passphrase = await askPassphrase(privateKey, world)
  const ssh = path.join(world.homeFolder, '.ssh')
  return {
    user: world.userName,
    home: world.homeFolder,
    cwd: world.cwd,
    flags: {
      ...(user === undefined ? {} : { user }),
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(connection === undefined ? {} : { connection }),
      ...(timeoutMs === undefined ? {} : { timeoutSeconds: timeoutMs / 1000 }),
    },
    globalKnownHostsFiles: GLOBAL_KNOWN_HOSTS.filter((file) => existsSync(file)),
    sshConfigs: configsFor(world),
    unvault: unvaultWith(world.vaultPasswords),
    remark: onceEach((text) => world.stderr.write(`note: ${escapeLine(text)}\n`)),
    ...(world.env.SSH_AUTH_SOCK ? { agentSocket: world.env.SSH_AUTH_SOCK } : {}),
    identityFiles: IDENTITY_FILES.map((name) => path.join(ssh, name)).filter((file) => existsSync(file)),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(becomePassword === undefined ? {} : { becomePassword }),
  }
}

/** Of an encrypted --private-key, where no agent may hold it and somebody is there; else its login says what to do. */
async function askPassphrase(privateKey: string | undefined, world: World): Promise<Secret | undefined> {
  if (privateKey === undefined || world.env.SSH_AUTH_SOCK || !canAsk(world, 'allowed')) return undefined
  const file = path.resolve(world.cwd, privateKey.replace(/^~(?=\/)/, world.homeFolder))
  return (await isEncryptedKey(file)) ? askHidden(world, `passphrase of ${escapeLine(file)}:`) : undefined
}

const GLOBAL_KNOWN_HOSTS = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']

function onceEach(tell: (text: string) => void): (text: string) => void {
  const told = new Set<string>()
  return (text) => {
    if (!told.has(text)) tell(text)
    told.add(text)
  }
}

/** The ssh_configs that hold: that of `-F`, or the user's and then the system's; each read once, when first needed. */
function configsFor({ homeFolder, cwd }: World): NonNullable<EndpointOptions['sshConfigs']> {
  const ssh = path.join(homeFolder, '.ssh')
  const cache = new Map<string | undefined, Result<readonly SshConfig[]>>()
  const given = (file: string) =>
    loadSshConfig({
      file: path.resolve(cwd, file.replace(/^~(?=\/)/, homeFolder)),
      includeFolder: ssh,
      home: homeFolder,
      trust: 'as-given',
      whenMissing: 'problem',
    })
  const own = () => [
    loadSshConfig({
      file: path.join(ssh, 'config'),
      includeFolder: ssh,
      home: homeFolder,
      trust: 'owner-only',
      whenMissing: 'empty',
    }),
    loadSshConfig({
      file: '/etc/ssh/ssh_config',
      includeFolder: '/etc/ssh',
      home: homeFolder,
      trust: 'as-given',
      whenMissing: 'empty',
    }),
  ]
  return (file) => {
    const found = cache.get(file) ?? together(file === 'none' ? [] : file === undefined ? own() : [given(file)])
    cache.set(file, found)
    return found
  }
}

function together<T>(results: readonly Result<T>[]): Result<readonly T[]> {
  const problems = results.flatMap((result) => (result.ok ? [] : result.problems))
  return problems.length > 0 ? fail(problems) : succeed(results.map(unwrap))
}

async function askBecomePassword(world: World) {
  if (canAsk(world, 'allowed')) return askHidden(world, 'password to become root:')
  throw new ProblemError({ kind: 'usage', message: '--ask-become-pass needs a terminal to ask on' })
}

/** How to reach each host. Throws ProblemError with every problem of every host. */
export function endpointsOf(
  inventory: Inventory,
  hosts: readonly HostName[],
  options: EndpointOptions,
): readonly Endpoint[] {
  const results = hosts.map((name) => {
    const host = hostOf(inventory, name)
    return host
      ? endpointOf(host, options)
      : fail([{ kind: 'reference', message: `the inventory has no host ${name}` }])
  })
  const problems = results.flatMap((result) => (result.ok ? [] : result.problems))
  if (problems.length > 0) unwrap(fail(problems))
  return results.map(unwrap)
}
