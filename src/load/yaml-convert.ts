import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { RawMarks, RawNode, RawPair } from './raw-yaml.ts'
import { placeIn, type SourceText } from './source-text.ts'
import { isWholeVault } from './vault.ts'
import type { Dialect } from './yaml-dialect.ts'
import type { Placed, YamlMember, YamlNode } from './yaml-node.ts'
import { readScalar } from './yaml-scalar.ts'
import { BARE_TEMPLATE } from './yaml-syntax-problem.ts'

const MAX_PROBLEMS = 50
const MAX_DEPTH = 64
const MAX_ALIASED = 100_000 // nodes that aliases may add in all; a bomb needs billions
/** Names through which an object reaches its class. */
const PROTOTYPE_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
/** Values that ansible-vault encrypted, in inventories (ansible/parsing/yaml/constructor.py). */
export const VAULT_TAGS: readonly string[] = ['!vault', '!vault-encrypted']
const STANDARD_TAG = /^(?:tag:yaml\.org,2002:|!!)(?:map|seq|str|int|float|bool|null)$/

interface Converting {
  readonly source: SourceText
  readonly dialect: Dialect
  readonly problems: Problem[]
  readonly anchors: Map<string, RawNode> // as met so far: an alias stands for the last one before it
  aliased: number
}

/** The library's tree as ours: duplicate keys, forbidden names, odd keys, depth and aliases checked on the way. */
export function convertYaml(input: {
  readonly source: SourceText
  readonly dialect: Dialect
  readonly root: RawNode
}): Result<YamlNode> {
  const converting: Converting = { ...input, problems: [], anchors: new Map(), aliased: 0 }
  const tree = convert(converting, input.root, { depth: 0, aliases: [] })
  return converting.problems.length > 0 ? fail(onePerLine(converting.problems).slice(0, MAX_PROBLEMS)) : succeed(tree)
}

/** The same message again on one line says nothing new. */
function onePerLine(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.toReversed().map((one) => [`${one.at?.line} ${one.message}`, one])).values()].toReversed()
}

/** How deep we are, and through which aliases we came (a node may not hold itself). */
interface Way {
  readonly depth: number
  readonly aliases: readonly number[]
}

function convert(converting: Converting, raw: RawNode, way: Way): YamlNode {
  const { source } = converting
  const place = { source, start: raw.start, end: raw.end }
  checkMarks(converting, raw)
  if (way.depth > MAX_DEPTH) return refuse(converting, raw, `this is nested deeper than ${MAX_DEPTH}`)
  if (way.aliases.length > 0) converting.aliased += 1
  else if (raw.anchor !== undefined) converting.anchors.set(raw.anchor, raw)
  const deeper = { ...way, depth: way.depth + 1 }
  switch (raw.kind) {
    case 'alias':
      return convertAlias(converting, raw, deeper)
    case 'list':
      return { kind: 'list', ...place, items: raw.items().map((item) => convert(converting, item, deeper)) }
    case 'map':
      return { kind: 'map', ...place, members: convertMembers(converting, raw.pairs(), deeper) }
    case 'scalar': {
      const read = readScalar(raw, converting.dialect)
      if (!read.ok) return refuse(converting, raw, read.message, read.hint)
      if (raw.tag !== undefined && VAULT_TAGS.includes(raw.tag)) return convertVault(converting, raw, place)
      return { kind: 'scalar', ...place, value: read.value, style: raw.style }
    }
  }
}

/** An encrypted value stays so, as the object that ansible-inventory prints for it. */
function convertVault(converting: Converting, raw: RawNode & { readonly kind: 'scalar' }, place: Placed): YamlNode {
  if (typeof raw.value !== 'string' || !isWholeVault(raw.value)) {
    return refuse(converting, raw, 'this is no text of ansible-vault, whole and in format 1.1 or 1.2')
  }
  const value = { kind: 'scalar', ...place, value: raw.value, style: 'block' } as const
  return { kind: 'map', ...place, members: [{ key: '__ansible_vault', keyIsText: true, ...place, value }] }
}

function checkMarks(converting: Converting, raw: RawNode): void {
  const isVault = converting.dialect !== 'runbook' && raw.kind === 'scalar' && VAULT_TAGS.includes(raw.tag ?? '')
  if (raw.tag !== undefined && !STANDARD_TAG.test(raw.tag) && !isVault) {
    refuse(converting, raw, `the tag ${raw.tag.replace('tag:yaml.org,2002:', '!!')} is not taken`)
  }
  if (converting.dialect === 'inventory') return
  if (raw.anchor !== undefined || raw.kind === 'alias') {
    const hint = 'write the value out, or make it one of the `vars`'
    refuse(converting, raw, 'anchors (&name) and aliases (*name) are not taken in runbooks', hint)
  }
}

function refuse(converting: Converting, raw: RawMarks, message: string, hint?: string): YamlNode {
  const { source } = converting
  const at = placeIn(source, raw.start, raw.end)
  converting.problems.push({ kind: 'yaml', message, at, ...(hint === undefined ? {} : { hint }) })
  return { kind: 'scalar', source, start: raw.start, end: raw.end, value: null, style: 'plain' }
}

function convertAlias(converting: Converting, raw: RawNode & { readonly kind: 'alias' }, way: Way): YamlNode {
  const target = converting.anchors.get(raw.name)
  const nothing = { ...raw, kind: 'scalar', source: converting.source, value: null, style: 'plain' } as const
  if (converting.dialect !== 'inventory') return nothing // already refused
  if (!target) return refuse(converting, raw, `the alias *${raw.name} has no anchor before it`)
  if (way.aliases.includes(target.start)) return refuse(converting, raw, `*${raw.name} holds itself`)
  if (converting.aliased > MAX_ALIASED) {
    return converting.problems.length > 0
      ? nothing
      : refuse(converting, raw, `aliases add more than ${MAX_ALIASED} values`)
  }
  return convert(converting, target, { ...way, aliases: [...way.aliases, target.start] })
}

function convertMembers(converting: Converting, pairs: readonly RawPair[], way: Way): readonly YamlMember[] {
  const members = new Map<string, YamlMember>()
  const merged: YamlNode[] = []
  for (const { key, value } of pairs) {
    if (isMergeKey(converting, key)) {
      if (value) merged.push(convert(converting, value, way))
      continue
    }
    const member = convertMember(converting, { key, value }, way)
    if (!member) continue
    const earlier = members.get(member.key)
    if (earlier) refuseDuplicate(converting, key, earlier)
    else members.set(member.key, member)
  }
  for (const node of merged.flatMap(mergeSources)) {
    for (const member of node.kind === 'map' ? node.members : []) {
      if (!members.has(member.key)) members.set(member.key, member)
    }
  }
  return [...members.values()]
}

const isMergeKey = (converting: Converting, key: RawNode): boolean =>
  converting.dialect === 'inventory' && key.kind === 'scalar' && key.written === '<<' && key.style === 'plain'

const mergeSources = (node: YamlNode): readonly YamlNode[] => (node.kind === 'list' ? node.items : [node])

function refuseDuplicate(converting: Converting, key: RawNode, earlier: YamlMember): void {
  const { line } = placeIn(converting.source, earlier.start)
  refuse(converting, key, `the key ${earlier.key} is here twice, first in line ${line}`, 'keep one of the two')
}

function convertMember(converting: Converting, { key, value }: RawPair, way: Way): YamlMember | undefined {
  const name = keyOf(converting, key)
  if (!name) return undefined
  if (PROTOTYPE_NAMES.has(name.text)) {
    refuse(
      converting,
      key,
      `${name.text} may not be a key`,
      'it is a name of the JavaScript language itself: use another',
    )
    return undefined
  }
  const place = { source: converting.source, start: key.start, end: key.end }
  const nothing = { kind: 'scalar', ...place, start: key.end, value: null, style: 'plain' } as const
  return { key: name.text, keyIsText: name.isText, ...place, value: value ? convert(converting, value, way) : nothing }
}

/** A key's text; that of a number or boolean is as it is written. */
function keyOf(converting: Converting, key: RawNode): { readonly text: string; readonly isText: boolean } | undefined {
  if (key.kind !== 'scalar') {
    const template = converting.source.text.charAt(key.start) === '{'
    if (template) refuse(converting, key, BARE_TEMPLATE.message, BARE_TEMPLATE.hint)
    else refuse(converting, key, 'a key must be plain text, not a list or a mapping')
    return undefined
  }
  checkMarks(converting, key)
  const read = readScalar(key, converting.dialect)
  if (!read.ok || read.value === null) {
    refuse(converting, key, read.ok ? 'a key is missing before the colon' : read.message)
    return undefined
  }
  if (converting.dialect !== 'inventory' && typeof read.value === 'string' && /[\r\n]/.test(read.value)) {
    refuse(converting, key, 'a key may not hold a line break')
    return undefined
  }
  return typeof read.value === 'string' ? { text: read.value, isText: true } : { text: key.written, isText: false }
}
