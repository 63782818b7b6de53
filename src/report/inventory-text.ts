import { escapeLine } from '../model/escape.ts'
import type { HostName } from '../model/id.ts'
import type { Inventory, Variables } from '../model/inventory.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { isSecretName } from './variable-text.ts'

/** What `ansible-inventory --list` prints: hosts' variables under _meta, groups with members and children. */
export function inventoryList(inventory: Inventory): JsonObject {
  const hostvars = Object.fromEntries([...inventory.hosts.values()].map((host) => [host.name, plainVars(host.vars)]))
  const groups = [...inventory.groups.values()].map((group) => {
    const members = {
      ...(group.children.length > 0 ? { children: [...group.children] } : {}),
      ...(group.hosts.length > 0 ? { hosts: [...group.hosts] } : {}),
    }
    return [group.name, members] as const
  })
  return {
    _meta: { hostvars },
    ...Object.fromEntries(groups.filter(([name, members]) => name === 'all' || Object.keys(members).length > 0)),
  }
}

/** What `ansible-inventory --host NAME` prints, with passwords as `***`. */
export const plainVars = (vars: Variables): JsonObject =>
  Object.fromEntries(
    [...vars].map(([name, variable]): [string, Json] => [name, isSecretName(name) ? '***' : variable.value]),
  )

/** What `ansible-inventory --graph` prints: groups as a tree, children before hosts. */
export function inventoryGraph(inventory: Inventory): string {
  const lines = ['@all:', ...graphOf(inventory, 'all', { depth: 1, above: ['all'] })]
  return `${lines.join('\n')}\n`
}

interface Level {
  readonly depth: number
  readonly above: readonly string[] // groups on the way here, so that a cycle ends
}

function graphOf(inventory: Inventory, name: string, { depth, above }: Level): readonly string[] {
  const group = inventory.groups.get(name)
  if (!group) return []
  const margin = '  |'.repeat(depth)
  const children = group.children
    .filter((child) => !above.includes(child))
    .flatMap((child) => [
      `${margin}--@${escapeLine(child)}:`,
      ...graphOf(inventory, child, { depth: depth + 1, above: [...above, child] }),
    ])
  return [...children, ...group.hosts.map((host) => `${margin}--${escapeLine(host)}`)]
}

/** The inventory with only these hosts. */
export function narrowed(inventory: Inventory, hosts: readonly HostName[]): Inventory {
  const kept = new Set(hosts)
  return {
    ...inventory,
    hosts: new Map([...inventory.hosts].filter(([name]) => kept.has(name))),
    groups: new Map(
      [...inventory.groups].map(([name, group]) => [
        name,
        { ...group, hosts: group.hosts.filter((host) => kept.has(host)) },
      ]),
    ),
  }
}
