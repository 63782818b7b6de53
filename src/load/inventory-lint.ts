import type { Json } from '../model/json.ts'
import type { Problem } from '../model/problem.ts'
import type { HostStatement, InventoryStatement } from './inventory-statement.ts'

/** What is wrong with a value that Ansible would take, and trip over only when connecting. */
export function addressFault(
  name: string,
  value: Json,
): { readonly message: string; readonly hint: string } | undefined {
  if (!/^ansible_(?:ssh_)?host$/.test(name) || typeof value !== 'string' || !/\[\w*:\w+(?::\w+)?\]/.test(value)) {
    return undefined
  }
  return { message: `ranges are not expanded in values: ${value}`, hint: 'give each host its own address' }
}

/** What Ansible takes without a word, and what is probably a slip: nothing is refused for it. */
export function inventoryNotes(statements: readonly InventoryStatement[]): readonly Problem[] {
  return [...latePorts(statements), ...sharedNames(statements), ...groupless(statements), ...oddNames(statements)]
}

const note = (message: string, at: Problem['at'], hint: string): Problem => ({
  kind: 'schema',
  message,
  ...(at ? { at } : {}),
  hint,
})

const hostsIn = (statements: readonly InventoryStatement[]): readonly HostStatement[] =>
  statements.flatMap((one) => (one.kind === 'host' ? [one] : []))

/** A port counts only where a host is named first (Host.__init__). */
function latePorts(statements: readonly InventoryStatement[]): readonly Problem[] {
  const ports = new Map<string, number | undefined>()
  return hostsIn(statements).flatMap(({ host, port, at }) => {
    if (!ports.has(host)) ports.set(host, port)
    if (port === undefined || ports.get(host) === port) return []
    const hint = 'write the port where the host is named first, or as ansible_port'
    return [note(`the port ${port} of ${host} does not count: the host is named before`, at, hint)]
  })
}

/** Ansible gives the variables of such a host to the group. */
function sharedNames(statements: readonly InventoryStatement[]): readonly Problem[] {
  const groups = new Set(statements.flatMap((one) => (one.kind === 'group' ? [one.group] : [])))
  const shared = new Map(hostsIn(statements).flatMap((one) => (groups.has(one.host) ? [[one.host, one.at]] : [])))
  return [...shared].map(([name, at]) =>
    note(`${name} is a host and a group`, at, 'rename one: Ansible would give the variables of the host to the group'),
  )
}

/** Hosts directly below `all`, in an inventory that does have groups. */
function groupless(statements: readonly InventoryStatement[]): readonly Problem[] {
  const hosts = hostsIn(statements)
  const grouped = new Set(hosts.flatMap(({ group, host }) => (group === 'all' ? [] : [host])))
  if (grouped.size === 0) return []
  const left = new Map(hosts.flatMap(({ host, at }) => (grouped.has(host) ? [] : [[host, at]])))
  return [...left].map(([host, at]) =>
    note(`${host} is in no group`, at, 'put it into a group, or under ungrouped: if that is meant'),
  )
}

/** A name that no template can hold. */
function oddNames(statements: readonly InventoryStatement[]): readonly Problem[] {
  const odd = statements.flatMap((one) => (one.kind === 'var' && !/^[A-Za-z_]\w*$/.test(one.name) ? [one] : []))
  return odd.map(({ name, at }) =>
    note(`${JSON.stringify(name)} is no name of a variable: nothing can use it`, at, 'use letters, digits and _'),
  )
}
