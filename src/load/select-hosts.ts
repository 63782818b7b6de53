import { type HostName, hostName } from '../model/id.ts'
import type { Host, Inventory } from '../model/inventory.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import { matchPattern } from './host-pattern.ts'

/**
 * The hosts of a pattern, narrowed by a limit, in inventory order; none is a problem of kind no-hosts. `localhost` need
 * not be in the inventory: hostOf gives it.
 */
export function selectHosts(inventory: Inventory, pattern: string, limit?: string): Result<readonly HostName[]> {
  const selected = matchPattern(inventory, pattern)
  if (!selected.ok) return fail([problemOf(selected, `the host pattern ${pattern}`, inventory)])
  const limited = limit === undefined ? selected : matchPattern(inventory, limit)
  if (!limited.ok) return fail([problemOf(limited, `--limit ${limit}`, inventory)])
  const names = [...inventory.hosts.keys(), hostName('localhost')]
  const hosts = [...new Set(names)].filter((name) => selected.hosts.has(name) && limited.hosts.has(name))
  return hosts.length > 0 ? succeed(hosts) : fail([nobody(inventory, pattern, limit)])
}

/** A host of the inventory, or the implicit localhost, which is reached without a connection. */
export function hostOf(inventory: Inventory, name: HostName): Host | undefined {
  const host = inventory.hosts.get(name)
  if (host || name !== 'localhost') return host
  const origin = { level: 'default', text: 'implicit localhost' } as const
  return { name, groups: [], vars: new Map([['ansible_connection', { value: 'local', origin, overrode: [] }]]) }
}

interface Mismatch {
  readonly kind: 'no-hosts' | 'usage'
  readonly message: string
  readonly hint?: string
}

const problemOf = ({ kind, message, hint }: Mismatch, what: string, inventory: Inventory): Problem => ({
  kind,
  message: `${what}: ${message}`,
  hint: hint?.startsWith('did you mean') ? hint : groupsHint(inventory),
})

function nobody(inventory: Inventory, pattern: string, limit: string | undefined): Problem {
  const asked = limit === undefined ? pattern : `${pattern} and --limit ${limit}`
  return { kind: 'no-hosts', message: `no host matches ${asked}`, hint: groupsHint(inventory) }
}

function groupsHint({ groups, hosts, sources }: Inventory): string {
  if (sources.length === 0) return 'give an inventory with -i'
  if (hosts.size === 0) return `the inventory has no hosts: ${sources.join(', ')}`
  const names = [...groups.values()].filter(({ name }) => name !== 'ungrouped').map(({ name }) => name)
  const shown = names.slice(0, 20).join(', ')
  return `the inventory has these groups: ${shown}${names.length > 20 ? ', ...' : ''}`
}
