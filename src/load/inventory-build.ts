import { hostName } from '../model/id.ts'
import type { Group, Host, Inventory, Variables } from '../model/inventory.ts'
import type { Problem } from '../model/problem.ts'
import { mergeVariables } from './inventory-merge.ts'
import type { HostStatement, InventoryStatement, VarStatement } from './inventory-statement.ts'

interface GroupDraft {
  readonly name: string
  readonly hosts: Set<string>
  readonly children: Set<string>
  readonly parents: Set<string>
  readonly vars: VarStatement[]
  priority: number
}

interface HostDraft {
  readonly first: HostStatement
  readonly groups: Set<GroupDraft> // direct ones
  readonly vars: VarStatement[]
}

interface Draft {
  readonly groups: Map<string, GroupDraft>
  readonly hosts: Map<string, HostDraft> // in order of first appearance
  readonly problems: Problem[]
}

type Built = Pick<Inventory, 'hosts' | 'groups'>

/** Puts the statements of all sources together: groups with `all` above them, and each host's variables as merged. */
export function buildInventory(
  statements: readonly InventoryStatement[],
): Built & { readonly problems: readonly Problem[] } {
  const draft: Draft = { groups: new Map(), hosts: new Map(), problems: [] }
  addChild(draft, 'all', 'ungrouped')
  for (const statement of statements) addStatement(draft, statement)
  addRoots(draft)
  const depths = depthsOf(draft)
  if (depths.size < draft.groups.size) {
    return { hosts: new Map(), groups: new Map(), problems: [...draft.problems, cycleProblem(draft, statements)] }
  }
  const layersOf = layersByGroups(draft, depths)
  sortOutUngrouped(draft, layersOf)
  return {
    hosts: new Map([...draft.hosts.values()].map((host) => [hostName(host.first.host), buildHost(host, layersOf)])),
    groups: new Map([...draft.groups.values()].map((group) => [group.name, buildGroup(group)])),
    problems: draft.problems,
  }
}

function groupOf({ groups }: Draft, name: string): GroupDraft {
  const known = groups.get(name)
  if (known) return known
  const made: GroupDraft = {
    name,
    hosts: new Set(),
    children: new Set(),
    parents: new Set(),
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
      addChildStatement(draft, statement)
      return
    case 'host':
      addHost(draft, statement)
      return
    case 'var':
      addVar(draft, statement)
  }
}

function addChildStatement(draft: Draft, { parent, child, at }: InventoryStatement & { readonly kind: 'child' }): void {
  if (child !== 'all' && (child !== 'ungrouped' || parent === 'all')) {
    addChild(draft, parent, child)
    return
  }
  const why = child === 'all' ? 'it is above every group' : 'it holds the hosts of no other group'
  draft.problems.push({ kind: 'schema', message: `${child} cannot be a child of ${parent}: ${why}`, at })
}

function addChild(draft: Draft, parent: string, child: string): void {
  groupOf(draft, parent).children.add(child)
  groupOf(draft, child).parents.add(parent)
}

function addHost(draft: Draft, statement: HostStatement): void {
  const group = groupOf(draft, statement.group)
  group.hosts.add(statement.host)
  const known = draft.hosts.get(statement.host)
  if (known) known.groups.add(group)
  else draft.hosts.set(statement.host, { first: statement, groups: new Set([group]), vars: portOf(statement) })
}

/** A port counts only where the host is named first. */
const portOf = ({ host, port, at }: HostStatement): VarStatement[] =>
  port === undefined
    ? []
    : [{ kind: 'var', home: 'inventory', owner: { kind: 'host', name: host }, name: 'ansible_port', value: port, at }]

/** Names through which an object reaches its class. */
const PROTOTYPE_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** A priority in group_vars/ comes too late to count, as in Ansible: it is a variable like any other there. */
function addVar(draft: Draft, statement: VarStatement): void {
  const { owner, name, value, home, at } = statement
  if (PROTOTYPE_NAMES.has(name)) {
    draft.problems.push({ kind: 'schema', message: `${name} may not be the name of a variable`, at })
    return
  }
  if (owner.kind === 'host') {
    draft.hosts.get(owner.name)?.vars.push(statement)
    return
  }
  const group = groupOf(draft, owner.name)
  if (name !== 'ansible_group_priority' || home === 'vars-folder') {
    group.vars.push(statement)
    return
  }
  const priority = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof priority === 'number' && Number.isInteger(priority)) group.priority = priority
  else draft.problems.push({ kind: 'schema', message: 'ansible_group_priority must be a whole number', at })
}

/** Groups without a parent are children of `all`. */
function addRoots(draft: Draft): void {
  for (const group of draft.groups.values()) {
    if (group.name !== 'all' && group.parents.size === 0) addChild(draft, 'all', group.name)
  }
}

/** The longest way from `all` to each group; groups in a cycle have none. */
function depthsOf({ groups }: Draft): ReadonlyMap<string, number> {
  const depths = new Map<string, number>()
  const missing = new Map([...groups.values()].map((group) => [group.name, group.parents.size]))
  const ready: (readonly [string, number])[] = [['all', 0]]
  const found = new Map<string, number>()
  for (let next = ready.pop(); next; next = ready.pop()) {
    const [name, depth] = next
    depths.set(name, depth)
    for (const child of groups.get(name)?.children ?? []) {
      const longest = Math.max(found.get(child) ?? 0, depth + 1)
      const left = (missing.get(child) ?? 0) - 1
      found.set(child, longest)
      missing.set(child, left)
      if (left === 0) ready.push([child, longest])
    }
  }
  return depths
}

function cycleProblem(draft: Draft, statements: readonly InventoryStatement[]): Problem {
  for (const statement of statements) {
    if (statement.kind !== 'child' || !reaches(draft, statement.child, statement.parent)) continue
    const message = `the group ${statement.child} holds itself, through ${statement.parent}`
    return { kind: 'schema', message, at: statement.at }
  }
  return { kind: 'internal', message: 'groups of the inventory hold each other' }
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

/** What all hosts of the same direct groups share. */
interface Layers {
  readonly names: readonly string[] // of all their groups, as Ansible sorts them for merging: depth, priority, name
  readonly vars: Variables
}

type LayersOf = (host: HostDraft) => Layers

/** Computed once for each set of groups: an inventory has many hosts and few such sets. */
function layersByGroups({ groups }: Draft, depths: ReadonlyMap<string, number>): LayersOf {
  const known = new Map<string, Layers>()
  const depth = (group: GroupDraft): number => depths.get(group.name) ?? 0
  const compare = (a: GroupDraft, b: GroupDraft): number =>
    depth(a) - depth(b) || a.priority - b.priority || (a.name < b.name ? -1 : 1)
  return ({ groups: direct }) => {
    const key = [...direct].map(({ name }) => name).join('\n')
    const made = known.get(key) ?? layersOfGroups(withAncestors(groups, direct).toSorted(compare))
    known.set(key, made)
    return made
  }
}

function withAncestors(
  groups: ReadonlyMap<string, GroupDraft>,
  direct: ReadonlySet<GroupDraft>,
): readonly GroupDraft[] {
  const found = new Set<GroupDraft>()
  const waiting = [...direct]
  for (let group = waiting.pop(); group; group = waiting.pop()) {
    if (found.has(group)) continue
    found.add(group)
    waiting.push(...[...group.parents].flatMap((parent) => groups.get(parent) ?? []))
  }
  return [...found]
}

/**
 * The order in which Ansible merges (VARIABLE_PRECEDENCE in its base.yml): `all` of the files, other groups of the
 * files, group_vars/all, other group_vars, and these source by source. So group_vars/all wins over a group in a file,
 * and group_vars/ of a later source over those of an earlier one.
 */
function layersOfGroups(groups: readonly GroupDraft[]): Layers {
  const from = (home: VarStatement['home'], chosen: readonly GroupDraft[]) =>
    chosen.flatMap(({ vars }) => vars.filter((one) => one.home === home))
  const all = groups.filter(({ name }) => name === 'all')
  const others = groups.filter(({ name }) => name !== 'all')
  const statements = [
    ...from('inventory', all),
    ...from('inventory', others),
    ...from('vars-folder', all),
    ...from('vars-folder', others).toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0)),
  ]
  return { names: groups.map(({ name }) => name), vars: mergeVariables(new Map(), statements) }
}

/** A host is in `ungrouped` when it is in no other group but `all`, whatever the files say. */
function sortOutUngrouped(draft: Draft, layersOf: LayersOf): void {
  const ungrouped = groupOf(draft, 'ungrouped')
  for (const [name, host] of draft.hosts) {
    const isGrouped = layersOf(host).names.some((group) => group !== 'all' && group !== 'ungrouped')
    if (isGrouped) {
      if (ungrouped.hosts.delete(name)) host.groups.delete(ungrouped)
    } else if (!ungrouped.hosts.has(name)) {
      ungrouped.hosts.add(name)
      host.groups.add(ungrouped)
    }
  }
}

function buildHost(host: HostDraft, layersOf: LayersOf): Host {
  const { names, vars } = layersOf(host)
  const own = host.vars.toSorted((a, b) => Number(a.home === 'vars-folder') - Number(b.home === 'vars-folder'))
  return {
    name: hostName(host.first.host),
    groups: names,
    vars: own.length === 0 ? vars : mergeVariables(vars, own),
    folder: host.first.folder,
  }
}

function buildGroup({ name, hosts, children, vars, priority }: GroupDraft): Group {
  const layers = vars.toSorted((a, b) => Number(a.home === 'vars-folder') - Number(b.home === 'vars-folder'))
  return {
    name,
    hosts: [...hosts].map(hostName),
    children: [...children],
    vars: mergeVariables(new Map(), layers),
    ...(priority === 1 ? {} : { priority }),
  }
}
