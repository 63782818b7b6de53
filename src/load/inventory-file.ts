import { GROUP_NAME_HINT, isGroupName, readHostEntry } from './host-entry.ts'
import { addressFault } from './inventory-lint.ts'
import { beginReading, type InventoryFile, type InventoryReading, type Owner } from './inventory-statement.ts'
import { suggest } from './nearest.ts'
import { memberOf, membersOf, spanOf, toJson, type YamlMember, type YamlNode, type YamlScalar } from './yaml-node.ts'

const GROUP_KEYS: readonly string[] = ['hosts', 'vars', 'children']

/** Reads the tree of an Ansible YAML inventory: groups with `hosts`, `vars` and `children`, each a mapping or nothing. */
export function readInventoryTree(root: YamlNode, folder: string): InventoryFile {
  const reading = beginReading(folder)
  if (root.kind !== 'map') wrong(reading, root, 'an inventory is a mapping of groups', 'begin with `all:`')
  else if (memberOf(root, 'plugin')) refusePlugin(reading, root)
  else for (const group of root.members) readGroup(reading, group)
  return reading
}

function refusePlugin(reading: InventoryReading, root: YamlNode): void {
  const plugin = memberOf(root, 'plugin')
  const hint = 'write its hosts to a file: ansible-inventory -i FILE --list --yaml > hosts.yaml'
  wrong(reading, plugin ?? root, 'inventory plugins are not run', hint)
}

function wrong(reading: InventoryReading, at: YamlNode | YamlMember, message: string, hint?: string): void {
  reading.problems.push({ kind: 'schema', message, at: spanOf(at), ...(hint === undefined ? {} : { hint }) })
}

/** A group may come several times, under several parents: its statements add up. */
function readGroup(reading: InventoryReading, member: YamlMember): void {
  const group = member.key
  if (!isGroupName(group)) {
    wrong(reading, member, `${JSON.stringify(group)} is no name for a group`, GROUP_NAME_HINT)
    return
  }
  reading.statements.push({ kind: 'group', group, at: spanOf(member) })
  if (!isMappingOrNull(member.value)) {
    wrong(reading, member.value, `the group ${group} must be a mapping`)
    return
  }
  for (const part of membersOf(member.value)) readPart(reading, group, part)
}

const onOneLine = (key: string): string => (/[\r\n]/.test(key) ? JSON.stringify(key) : key)

function readPart(reading: InventoryReading, group: string, part: YamlMember): void {
  const { key, value } = part
  if (!GROUP_KEYS.includes(key)) {
    const hint = suggest(key, GROUP_KEYS)
    const near = hint?.startsWith('did you mean') ? hint : 'hosts go under `hosts`, groups under `children`'
    wrong(reading, part, `unknown key ${onOneLine(key)} in group ${group}: it may have hosts, vars and children`, near)
    return
  }
  if (key !== 'vars' && value.kind === 'scalar' && typeof value.value === 'string') {
    readName(reading, { group, key, name: value.value, at: value })
    return
  }
  if (!isMappingOrNull(value)) {
    const hint = value.kind === 'list' ? 'write `name:` instead of `- name`' : undefined
    wrong(reading, value, `${key} of group ${group} must be a mapping`, hint)
    return
  }
  for (const member of membersOf(value)) readMember(reading, { group, key, member })
}

/** `hosts: name` and `children: name`, without a mapping. */
function readName(
  reading: InventoryReading,
  input: { readonly group: string; readonly key: string; readonly name: string; readonly at: YamlScalar },
): void {
  const { group, key, name, at } = input
  if (key === 'hosts') readHost(reading, group, { name, at, vars: undefined })
  else readChild(reading, group, { ...at, key: name, keyIsText: true, value: { ...at, value: null } })
}

function readChild(reading: InventoryReading, group: string, member: YamlMember): void {
  readGroup(reading, member)
  reading.statements.push({ kind: 'child', parent: group, child: member.key, at: spanOf(member) })
}

function readMember(
  reading: InventoryReading,
  input: { readonly group: string; readonly key: string; readonly member: YamlMember },
): void {
  const { group, key, member } = input
  if (key === 'vars') {
    readVar(reading, { kind: 'group', name: group }, member)
    return
  }
  if (key === 'children') {
    readChild(reading, group, member)
    return
  }
  if (!member.keyIsText) {
    wrong(reading, member, `the host name ${member.key} reads as a number or boolean`, `quote it: "${member.key}":`)
    return
  }
  readHost(reading, group, { name: member.key, at: member, vars: member.value })
}

interface HostNode {
  readonly name: string
  readonly at: YamlNode | YamlMember
  readonly vars: YamlNode | undefined
}

function readHost(reading: InventoryReading, group: string, { name, at, vars }: HostNode): void {
  const entry = readHostEntry(name)
  if (!entry.ok) {
    wrong(reading, at, entry.message, entry.hint)
    return
  }
  if (vars && !isMappingOrNull(vars)) {
    wrong(reading, vars, `the variables of host ${name} must be a mapping`)
    return
  }
  const { folder } = reading
  const port = entry.port === undefined ? {} : { port: entry.port }
  const place = spanOf(at)
  for (const host of entry.names) {
    reading.statements.push({ kind: 'host', group, host, ...port, at: place, folder })
    for (const member of membersOf(vars)) readVar(reading, { kind: 'host', name: host }, member)
  }
}

function readVar(reading: InventoryReading, owner: Owner, member: YamlMember): void {
  const { key: name } = member
  const value = toJson(member.value)
  const fault = addressFault(name, value)
  if (fault) wrong(reading, member.value, fault.message, fault.hint)
  else reading.statements.push({ kind: 'var', home: 'inventory', owner, name, value, at: spanOf(member) })
}

const isMappingOrNull = (node: YamlNode): boolean =>
  node.kind === 'map' || (node.kind === 'scalar' && node.value === null)
