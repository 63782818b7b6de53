import { existsSync } from 'node:fs'
import path from 'node:path'
import { type EndpointOptions, endpointOf } from '../load/endpoint.ts'
import { hostOf } from '../load/select-hosts.ts'
import type { HostName } from '../model/id.ts'
import type { Inventory } from '../model/inventory.ts'
import { fail, ProblemError, unwrap } from '../model/problem.ts'
import type { Endpoint } from '../model/transport.ts'
import { askHidden, canAsk } from './ask.ts'
import type { Reach } from './command.ts'
import type { World } from './world.ts'

/** Keys that are tried when nothing names one, as OpenSSH does (ssh_config(5), IdentityFile). */
const IDENTITY_FILES = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/** What flags, environment and answers say of reaching hosts. Asks for the sudo password where --ask-become-pass is given. */
export async function openAccess(reach: Reach, world: World): Promise<EndpointOptions> {
  const { user, privateKey, connection, timeoutMs } = reach
  const becomePassword = reach.becomePassword === 'ask' ? await askBecomePassword(world) : undefined
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
    ...(world.env.SSH_AUTH_SOCK ? { agentSocket: world.env.SSH_AUTH_SOCK } : {}),
    identityFiles: IDENTITY_FILES.map((name) => path.join(ssh, name)).filter((file) => existsSync(file)),
    ...(becomePassword === undefined ? {} : { becomePassword }),
  }
}

async function askBecomePassword(world: World) {
  if (canAsk(world, 'allowed')) return askHidden(world, 'sudo password:')
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
