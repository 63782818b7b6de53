import type { Problem } from '../model/problem.ts'
import { expandHostRange } from './host-range.ts'
import type { InventoryStatement, Owner } from './inventory-statement.ts'
import { suggest } from './nearest.ts'
import { memberOf, membersOf, spanOf, toJson, type YamlMember, type YamlNode } from './yaml-node.ts'

/** A file's statements in the order they are written, and what is wrong with it. */
export interface InventoryFile {
  readonly statements: readonly InventoryStatement[]
  readonly problems: readonly Problem[]
}

interface Reading {
  readonly folder: string
  readonly statements: InventoryStatement[]
  readonly problems: Problem[]
}

/** S5: what may be the name of a host; it begins with no dash, and a shell gives nothing in it a meaning. */
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._:-]*[A-Za-z0-9_])?$/
/** What a pattern could not name, or a shell would read. */
const GROUP_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/
const GROUP_KEYS: readonly string[] = ['hosts', 'vars', 'children']

/** Reads the tree of an Ansible YAML inventory: groups with `hosts`, `vars` and `children`, each a mapping or nothing. */
export function readInventoryTree(root: YamlNode, folder: string): InventoryFile {
  const reading: Reading = { folder, statements: [], problems: [] }
  if (root.kind !== 'map') wrong(reading, root, 'an inventory is a mapping of groups', 'begin with `all:`')
  else if (memberOf(root, 'plugin')) refusePlugin(reading, root)
  else for (const group of root.members) readGroup(reading, group)
  return reading
}

function refusePlugin(reading: Reading, root: YamlNode): void {
  const plugin = memberOf(root, 'plugin')
  const hint = 'write its hosts to a file: ansible-inventory -i FILE --list --yaml > hosts.yaml'
  wrong(reading, plugin ?? root, 'inventory plugins are not run', hint)
}

function wrong(reading: Reading, at: YamlNode | YamlMember, message: string, hint?: string): void {
  reading.problems.push({ kind: 'schema', message, at: spanOf(at), ...(hint === undefined ? {} : { hint }) })
}

/** A group may come several times, under several parents: its statements add up. */
function readGroup(reading: Reading, member: YamlMember): void {
  const group = member.key
  if (!GROUP_NAME.test(group)) {
    wrong(reading, member, `${JSON.stringify(group)} is no name for a group`, 'use letters, digits, _ - and .')
    return
  }
  reading.statements.push({ kind: 'group', group })
  if (!isMappingOrNull(member.value)) {
    wrong(reading, member.value, `the group ${group} must be a mapping`)
    return
  }
  for (const part of membersOf(member.value)) readPart(reading, group, part)
}

function readPart(reading: Reading, group: string, part: YamlMember): void {
  const { key, value } = part
  if (!GROUP_KEYS.includes(key)) {
    const hint = suggest(key, GROUP_KEYS)
    const near = hint?.startsWith('did you mean') ? hint : 'hosts go under `hosts`, groups under `children`'
    wrong(reading, part, `unknown key ${key} in group ${group}: it may have hosts, vars and children`, near)
    return
  }
  if (key === 'hosts' && value.kind === 'scalar' && typeof value.value === 'string') {
    readHost(reading, group, { name: value.value, at: value, vars: undefined })
    return
  }
  if (!isMappingOrNull(value)) {
    const hint = value.kind === 'list' ? 'write `name:` instead of `- name`' : undefined
    wrong(reading, value, `${key} of group ${group} must be a mapping`, hint)
    return
  }
  for (const member of membersOf(value)) readMember(reading, { group, key, member })
}

function readMember(
  reading: Reading,
  input: { readonly group: string; readonly key: string; readonly member: YamlMember },
): void {
  const { group, key, member } = input
  if (key === 'vars') {
    readVar(reading, { kind: 'group', name: group }, member)
    return
  }
  if (key === 'children') {
    reading.statements.push({ kind: 'child', parent: group, child: member.key, at: spanOf(member) })
    readGroup(reading, member)
    return
  }
  if (!member.keyIsText) {
    wrong(reading, member, `the host name ${member.key} reads as a number or boolean`, `quote it: "${member.key}":`)
    return
  }
  readHost(reading, group, { name: member.key, at: member, vars: member.value })
}

interface HostEntry {
  readonly name: string
  readonly at: YamlNode | YamlMember
  readonly vars: YamlNode | undefined
}

function readHost(reading: Reading, group: string, { name, at, vars }: HostEntry): void {
  const expanded = expandHostRange(name)
  if (!expanded.ok) {
    wrong(reading, at, expanded.message, expanded.hint)
    return
  }
  if (vars && !isMappingOrNull(vars)) {
    wrong(reading, vars, `the variables of host ${name} must be a mapping`)
    return
  }
  for (const entry of expanded.names) {
    const [, beforePort, port] = /^([^:]+):(\d{1,5})$/.exec(entry) ?? []
    const host = beforePort ?? entry
    if (!HOST_NAME.test(host)) {
      wrong(reading, at, `${JSON.stringify(host)} is no name for a host`, 'use letters, digits, _ - . and :')
      return
    }
    reading.statements.push({ kind: 'host', group, host })
    const owner: Owner = { kind: 'host', name: host }
    if (port !== undefined) pushVar(reading, { owner, name: 'ansible_port', value: Number(port), at })
    for (const member of membersOf(vars)) readVar(reading, owner, member)
  }
}

function readVar(reading: Reading, owner: Owner, member: YamlMember): void {
  const value = toJson(member.value)
  if (/^ansible_(?:ssh_)?host$/.test(member.key) && typeof value === 'string' && /\[\w*:\w+\]/.test(value)) {
    wrong(reading, member.value, `ranges are not expanded in values: ${value}`, 'give each host its own address')
    return
  }
  pushVar(reading, { owner, name: member.key, value, at: member })
}

function pushVar(
  { folder, statements }: Reading,
  input: {
    readonly owner: Owner
    readonly name: string
    readonly value: ReturnType<typeof toJson>
    readonly at: YamlNode | YamlMember
  },
): void {
  statements.push({ kind: 'var', home: 'inventory', ...input, at: spanOf(input.at), folder })
}

const isMappingOrNull = (node: YamlNode): boolean =>
  node.kind === 'map' || (node.kind === 'scalar' && node.value === null)
