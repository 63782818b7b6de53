import { selectHosts } from '../load/select-hosts.ts'
import { escapeLine } from '../model/escape.ts'
import { unwrap } from '../model/problem.ts'
import type { Endpoint } from '../model/transport.ts'
import { columns } from '../report/layout.ts'
import { fingerprint, keyType } from '../transport/known-hosts.ts'
import { fetchHostKeys, type HostKey, replaceKeys, trustHost } from '../transport/trust.ts'
import { askYes } from './approval.ts'
import type { CommandOf } from './command.ts'
import { endpointsOf, openAccess } from './endpoints.ts'
import { openInventory } from './open-files.ts'
import { withPassphrases } from './passphrases.ts'
import type { World } from './world.ts'

/** `runbook trust PATTERN`: shows each host's keys, asks, and remembers them in the first known_hosts file. */
export async function trustCommand(command: CommandOf<'trust'>, world: World): Promise<0> {
  const { targets, reach, approval, pattern } = command
  const inventory = openInventory(targets.inventories, { world, output: command.output })
  const hosts = unwrap(selectHosts(inventory, pattern, targets.limit))
  const access = await openAccess(reach, world)
  const endpoints = await withPassphrases(endpointsOf(inventory, hosts, access), world)
  for (const endpoint of endpoints.filter(({ transport }) => transport !== 'local')) {
    const keys = await fetchHostKeys(endpoint)
    show(endpoint, keys, world)
    await trustKeys(endpoint, keys, { approval, changed: command.changed, world })
  }
  return 0
}

function show({ host, address, port }: Endpoint, keys: readonly HostKey[], { stdout }: World): void {
  stdout.write(`${escapeLine(host)} (${escapeLine(address)}:${port})\n`)
  const rows = keys.map(({ type, fingerprint, standing }) => [type, fingerprint, standing])
  for (const line of columns(rows.map((row) => row.map(escapeLine)))) stdout.write(`  ${line}\n`)
  for (const { file, line, key } of keys.flatMap(({ replaces }) => replaces))
    stdout.write(`  known so far: ${keyType(key)} ${fingerprint(key)} (${escapeLine(file)}:${line})\n`)
}

async function trustKeys(
  endpoint: Endpoint,
  keys: readonly HostKey[],
  { approval, changed, world }: Pick<CommandOf<'trust'>, 'approval' | 'changed'> & { readonly world: World },
): Promise<void> {
  if (keys.every((key) => key.standing === 'known')) return
  const taken = changed === 'replaced' ? ['known', 'unknown', 'changed'] : ['known', 'unknown']
  const isClean = keys.every((key) => taken.includes(key.standing))
  const question = 'Compare the fingerprints with the host\'s own (ssh-keygen -lf). Trust them? Only "yes" does:'
  // A changed or revoked key is refused by trustHost itself, without a question.
  if (isClean && !(await askYes(world, { question, approval }))) {
    world.stderr.write(`${escapeLine(endpoint.host)} is not trusted.\n`)
    return
  }
  await (changed === 'replaced' && isClean ? replaceKeys : trustHost)(endpoint, keys)
  world.stderr.write(`${escapeLine(endpoint.host)} is trusted: ${endpoint.knownHostsFiles[0]}\n`)
}
