import { escapeLine } from '../model/escape.ts'
import type { HostName } from '../model/id.ts'
import type { Inventory, Variables } from '../model/inventory.ts'
import { isObject, type Json, type JsonObject } from '../model/json.ts'
import { isSecretName } from './variable-text.ts'

/**
 * What `ansible-inventory --list` prints: hosts' variables under _meta, groups with members and children; hosts without
 * variables and groups without members are left out. Passwords are `***`.
 */
export function inventoryList(inventory: Inventory): JsonObject {
  const hosts = [...inventory.hosts.values()].filter(({ vars }) => vars.size > 0)
  const hostvars = Object.fromEntries(hosts.map((host) => [host.name, plainVars(host.vars)]))
  const groups = [...inventory.groups.values()].map((group) => {
    const members = {
      ...(group.children.length > 0 ? { children: [...group.children] } : {}),
      ...(group.hosts.length > 0 && group.name !== 'all' ? { hosts: [...group.hosts] } : {}),
    }
    return [group.name, members] as const
  })
  return {
    _meta: { hostvars },
    ...Object.fromEntries(groups.filter(([, members]) => Object.keys(members).length > 0)),
  }
}

/** What `ansible-inventory --list --yaml` prints: groups as a tree, a host's variables where it first comes. */
export function inventoryTree(inventory: Inventory): JsonObject {
  const seen = new Set<HostName>()
  const treeOf = (name: string): JsonObject => {
    const group = inventory.groups.get(name)
    if (!group) return {}
    const children = Object.fromEntries(group.children.map((child) => [child, treeOf(child)]))
    const hosts = name === 'all' ? [] : group.hosts.map((host): [string, Json] => [host, varsAtFirst(host)])
    return {
      ...(group.children.length > 0 ? { children } : {}),
      ...(hosts.length > 0 ? { hosts: Object.fromEntries(hosts) } : {}),
    }
  }
  const varsAtFirst = (host: HostName): JsonObject => {
    if (seen.has(host)) return {}
    seen.add(host)
    return plainVars(inventory.hosts.get(host)?.vars ?? new Map())
  }
  return { all: treeOf('all') }
}

/** What `ansible-inventory --host NAME` prints, with passwords as `***`. */
export const plainVars = (vars: Variables): JsonObject =>
  Object.fromEntries(
    [...vars].map(([name, variable]): [string, Json] => [name, isSecretName(name) ? '***' : variable.value]),
  )

/** JSON as Python's json.dumps prints it with sorted keys, four spaces deep. */
export const sortedJsonText = (value: Json): string => `${JSON.stringify(sortedKeys(value, new Map()), undefined, 4)}\n`

/** The hosts of a group share their values, which are sorted once. */
function sortedKeys(value: Json, known: Map<Json, Json>): Json {
  if (typeof value !== 'object' || value === null) return value
  const made = known.get(value)
  if (made !== undefined) return made
  const copy = Array.isArray(value)
    ? value.map((item: Json) => sortedKeys(item, known))
    : Object.fromEntries(
        Object.entries(value)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, member]) => [key, sortedKeys(member as Json, known)]), // sealed: members of Json
      )
  known.set(value, copy)
  return copy
}

/** What `ansible-inventory --graph` prints: groups as a tree, children before hosts; `vars`: with variables, as `--vars`. */
export function inventoryGraph(inventory: Inventory, detail: 'names' | 'vars' = 'names'): string {
  return `${groupLines({ inventory, detail, depth: 0 }, 'all').join('\n')}\n`
}

interface Level {
  readonly inventory: Inventory
  readonly detail: 'names' | 'vars'
  readonly depth: number
}

function groupLines(level: Level, name: string): readonly string[] {
  const group = level.inventory.groups.get(name)
  if (!group) return []
  const deeper = { ...level, depth: level.depth + 1 }
  const { priority } = group
  const vars = priority === undefined ? group.vars : new Map([...group.vars, PRIORITY(priority)])
  return [
    lineAt(level.depth, `@${escapeLine(name)}:`),
    ...group.children.flatMap((child) => groupLines(deeper, child)),
    ...(name === 'all' ? [] : group.hosts.flatMap((host) => hostLines(deeper, host))),
    ...varLines(deeper, vars),
  ]
}

const PRIORITY = (value: number) =>
  ['ansible_group_priority', { value, origin: { level: 'inventory', text: '' }, overrode: [] }] as const

const lineAt = (depth: number, text: string): string => (depth === 0 ? text : `${'  |'.repeat(depth)}--${text}`)

function hostLines(level: Level, name: HostName): readonly string[] {
  const vars = level.inventory.hosts.get(name)?.vars ?? new Map()
  return [lineAt(level.depth, escapeLine(name)), ...varLines({ ...level, depth: level.depth + 1 }, vars)]
}

function varLines({ detail, depth }: Level, vars: Variables): readonly string[] {
  if (detail === 'names') return []
  const members = Object.entries(plainVars(vars)).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return members.map(([name, value]) => lineAt(depth, escapeLine(`{${name} = ${pythonText(value)}}`)))
}

/** A value as Python prints it; a text by itself stands without quotes. */
const pythonText = (value: Json): string => (typeof value === 'string' ? value : pythonRepr(value))

function pythonRepr(value: Json): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') {
    const escaped = value.replaceAll(/[\\\n\t\r]/g, (char) => ESCAPED[char] ?? char)
    return value.includes("'") && !value.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`
  }
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`
  if (!isObject(value)) return String(value)
  const members = Object.entries(value) as readonly (readonly [string, Json])[] // sealed: members of Json
  return `{${members.map(([key, member]) => `${pythonRepr(key)}: ${pythonRepr(member)}`).join(', ')}}`
}

const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r' }

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
