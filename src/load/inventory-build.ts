import { type HostName, hostName } from '../model/id.ts'
import type { Group, Host, Inventory, Variable, Variables } from '../model/inventory.ts'
import { isObject, type Json } from '../model/json.ts'
import type { Problem } from '../model/problem.ts'
import { locationText } from '../model/source.ts'
import type { InventoryStatement, VarStatement } from './inventory-statement.ts'

interface GroupDraft {
  readonly name: string
  readonly hosts: Set<string>
  readonly children: Set<string>
  readonly parents: Set<string>
  readonly vars: VarStatement[]
  priority: number
}

interface Draft {
  readonly groups: Map<string, GroupDraft>
  readonly hosts: Map<string, VarStatement[]> // in order of first appearance
  readonly problems: Problem[]
}

type Built = Pick<Inventory, 'hosts' | 'groups'>

/** Puts the statements of all sources together: groups with `all` above them, and each host's variables as merged. */
export function buildInventory(
  statements: readonly InventoryStatement[],
): Built & { readonly problems: readonly Problem[] } {
  const draft: Draft = { groups: new Map(), hosts: new Map(), problems: [] }
  for (const name of ['all', 'ungrouped']) groupOf(draft, name)
  for (const statement of statements) addStatement(draft, statement)
  const cycle = cycleProblem(draft, statements)
  if (cycle) return { hosts: new Map(), groups: new Map(), problems: [...draft.problems, cycle] }
  completeRoots(draft)
  const depths = depthsOf(draft)
  const hosts = [...draft.hosts.keys()].map((name): [HostName, Host] => [
    hostName(name),
    buildHost(draft, name, depths),
  ])
  const groups = [...draft.groups.values()].map((group): [string, Group] => [group.name, buildGroup(group)])
  return { hosts: new Map(hosts), groups: new Map(groups), problems: draft.problems }
}

function groupOf({ groups }: Draft, name: string): GroupDraft {
  const known = groups.get(name)
  if (known) return known
  const made = {
    name,
    hosts: new Set<string>(),
    children: new Set<string>(),
    parents: new Set<string>(),
    vars: [],
    priority: 1,
  }
  groups.set(name, made)
  return made
}

function addStatement(draft: Draft, statement: InventoryStatement): void {
  switch (statement.kind) {
    case 'group':
      groupOf(draft, statement.group)
      return
    case 'child':
      groupOf(draft, statement.parent).children.add(statement.child)
      groupOf(draft, statement.child).parents.add(statement.parent)
      return
    case 'host':
      groupOf(draft, statement.group).hosts.add(statement.host)
      if (!draft.hosts.has(statement.host)) draft.hosts.set(statement.host, [])
      return
    case 'var':
      addVar(draft, statement)
  }
}

function addVar(draft: Draft, statement: VarStatement): void {
  const { owner, name, value } = statement
  if (owner.kind === 'host') {
    draft.hosts.get(owner.name)?.push(statement)
    return
  }
  const group = groupOf(draft, owner.name)
  if (name !== 'ansible_group_priority') {
    group.vars.push(statement)
    return
  }
  const priority = Number(value)
  if (Number.isInteger(priority)) group.priority = priority
  else
    draft.problems.push({ kind: 'schema', message: 'ansible_group_priority must be a whole number', at: statement.at })
}

function cycleProblem(draft: Draft, statements: readonly InventoryStatement[]): Problem | undefined {
  for (const statement of statements) {
    if (statement.kind !== 'child' || !reaches(draft, statement.child, statement.parent)) continue
    const message = `the group ${statement.child} holds itself, through ${statement.parent}`
    return { kind: 'schema', message, at: statement.at }
  }
  return undefined
}

function reaches({ groups }: Draft, from: string, to: string): boolean {
  const waiting = [from]
  const seen = new Set<string>()
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name === to) return true
    if (seen.has(name)) continue
    seen.add(name)
    waiting.push(...(groups.get(name)?.children ?? []))
  }
  return false
}

/** Groups without a parent are children of `all`; hosts in no group but `all` are in `ungrouped`. */
function completeRoots(draft: Draft): void {
  const all = groupOf(draft, 'all')
  const ungrouped = groupOf(draft, 'ungrouped')
  for (const group of draft.groups.values()) {
    if (group === all || group.parents.size > 0) continue
    group.parents.add('all')
    all.children.add(group.name)
  }
  const grouped = new Set(
    [...draft.groups.values()].filter((group) => group !== all).flatMap(({ hosts }) => [...hosts]),
  )
  for (const host of draft.hosts.keys()) if (!grouped.has(host)) ungrouped.hosts.add(host)
  all.hosts.clear()
}

/** The longest way from `all` to each group. */
function depthsOf({ groups }: Draft): ReadonlyMap<string, number> {
  const depths = new Map<string, number>()
  const depthOf = (name: string): number => {
    const known = depths.get(name)
    if (known !== undefined) return known
    const parents = [...(groups.get(name)?.parents ?? [])]
    const depth = parents.length === 0 ? 0 : Math.max(...parents.map(depthOf)) + 1
    depths.set(name, depth)
    return depth
  }
  for (const name of groups.keys()) depthOf(name)
  return depths
}

function buildHost(draft: Draft, name: string, depths: ReadonlyMap<string, number>): Host {
  const groups = groupsOf(draft, name, depths)
  const own = draft.hosts.get(name) ?? []
  const variables = mergeVars(hostLayers(groups, own), name)
  return { name: hostName(name), groups: groups.map((group) => group.name), vars: variables }
}

/** All groups of a host, sorted as Ansible sorts them for merging: by depth, then priority, then name. */
function groupsOf({ groups }: Draft, host: string, depths: ReadonlyMap<string, number>): readonly GroupDraft[] {
  const found = new Set<GroupDraft>()
  const waiting = [...groups.values()].filter((group) => group.hosts.has(host))
  for (let group = waiting.pop(); group; group = waiting.pop()) {
    if (found.has(group)) continue
    found.add(group)
    waiting.push(...[...group.parents].flatMap((parent) => groups.get(parent) ?? []))
  }
  const depth = (group: GroupDraft): number => depths.get(group.name) ?? 0
  return [...found].toSorted((a, b) => depth(a) - depth(b) || a.priority - b.priority || (a.name < b.name ? -1 : 1))
}

/**
 * The order in which Ansible merges (VARIABLE_PRECEDENCE in its base.yml): `all` of the file, other groups of the file,
 * group_vars/all, other group_vars, the host in the file, host_vars. So group_vars/all wins over a group in the file.
 */
function hostLayers(groups: readonly GroupDraft[], own: readonly VarStatement[]): readonly VarStatement[] {
  const groupVars = groups.flatMap((group) => group.vars)
  const from = (home: VarStatement['home'], owner: 'all' | 'others') =>
    groupVars.filter((one) => one.home === home && (one.owner.name === 'all') === (owner === 'all'))
  return [
    ...from('inventory', 'all'),
    ...from('inventory', 'others'),
    ...from('vars-folder', 'all'),
    ...from('vars-folder', 'others'),
    ...own.filter(({ home }) => home === 'inventory'),
    ...own.filter(({ home }) => home === 'vars-folder'),
  ]
}

function mergeVars(layers: readonly VarStatement[], host: string): Variables {
  const merged = new Map<string, Variable>()
  for (const statement of layers) {
    const earlier = merged.get(statement.name)
    const value = withMagic(statement.value, { host, folder: statement.folder })
    const overrode = earlier ? [{ value: earlier.value, origin: earlier.origin }, ...earlier.overrode] : []
    merged.set(statement.name, { value, origin: originOf(statement), overrode })
  }
  return merged
}

const originOf = ({ owner, at }: VarStatement): Variable['origin'] => ({
  level: 'inventory',
  text: `${owner.kind} ${owner.name} (${locationText(at)})`,
})

/** The only Jinja that is understood in values: two magic names, replaced as text. Other braces stay as they are. */
function withMagic(value: Json, magic: { readonly host: string; readonly folder: string }): Json {
  if (typeof value === 'string') {
    return value
      .replaceAll(/\{\{\s*inventory_dir\s*\}\}/g, () => magic.folder)
      .replaceAll(/\{\{\s*inventory_hostname\s*\}\}/g, () => magic.host)
  }
  if (Array.isArray(value)) return value.map((item: Json) => withMagic(item, magic))
  if (!isObject(value)) return value
  const members = Object.entries(value).map(([key, member]) => [key, withMagic(member as Json, magic)]) // sealed: members of Json
  return Object.fromEntries(members)
}

function buildGroup(group: GroupDraft): Group {
  return {
    name: group.name,
    hosts: [...group.hosts].map(hostName),
    children: [...group.children],
    vars: mergeGroupVars(group.vars),
  }
}

function mergeGroupVars(vars: readonly VarStatement[]): Variables {
  const merged = new Map<string, Variable>()
  for (const statement of [...vars].toSorted(
    (a, b) => Number(a.home === 'vars-folder') - Number(b.home === 'vars-folder'),
  )) {
    const earlier = merged.get(statement.name)
    const overrode = earlier ? [{ value: earlier.value, origin: earlier.origin }, ...earlier.overrode] : []
    merged.set(statement.name, { value: statement.value, origin: originOf(statement), overrode })
  }
  return merged
}
