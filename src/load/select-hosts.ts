import type { HostName } from '../model/id.ts'
import type { Host, Inventory } from '../model/inventory.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import { matchPattern, matchTerms, splitTerms } from './host-pattern.ts'
import { readText } from './source-text.ts'

/**
 * The hosts of a pattern, narrowed by a limit, in the order of the pattern; none is a problem of kind no-hosts.
 * `localhost` need not be in the inventory: hostOf gives it. A term `@FILE` of the limit is one pattern a line.
 */
export function selectHosts(inventory: Inventory, pattern: string, limit?: string): Result<readonly HostName[]> {
  const selected = matchPattern(inventory, pattern)
  if (!selected.ok) return fail([problemOf(selected, `the host pattern ${pattern}`, inventory)])
  const limited = limit === undefined ? succeed(selected.hosts) : limitedTo(inventory, limit)
  if (!limited.ok) return limited
  const hosts = [...selected.hosts].filter((name) => limited.value.has(name))
  return hosts.length > 0 ? succeed(hosts) : fail([nobody(inventory, pattern, limit)])
}

function limitedTo(inventory: Inventory, limit: string): Result<ReadonlySet<HostName>> {
  const read = splitTerms(limit).map((term) => (term.startsWith('@') ? readLimitFile(term.slice(1)) : succeed([term])))
  const problems = read.flatMap((one) => (one.ok ? [] : one.problems))
  if (problems.length > 0) return fail(problems)
  const matched = matchTerms(
    inventory,
    read.flatMap((one) => (one.ok ? one.value : [])),
  )
  return matched.ok ? succeed(matched.hosts) : fail([problemOf(matched, `--limit ${limit}`, inventory)])
}

/** Such files are what `ansible-playbook` writes as *.retry; a line may be a comment. */
function readLimitFile(file: string): Result<readonly string[]> {
  const text = readText(file, 'file of --limit')
  if (!text.ok) return text
  const lines = text.value.split('\n').map((line) => line.trim())
  return succeed(lines.filter((line) => line !== '' && !line.startsWith('#')))
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
