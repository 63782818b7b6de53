import type { Json } from '../model/json.ts'
import type { Span } from '../model/source.ts'
import { placeIn, type SourceText } from './source-text.ts'

export interface Placed {
  readonly source: SourceText
  readonly start: number // offset of the first character
  readonly end: number // offset behind the last
}

export interface YamlScalar extends Placed {
  readonly kind: 'scalar'
  readonly value: null | boolean | number | string
  readonly style: 'plain' | 'quoted' | 'block'
}

export interface YamlList extends Placed {
  readonly kind: 'list'
  readonly items: readonly YamlNode[]
}

export interface YamlMember extends Placed {
  readonly key: string
  readonly keyIsText: boolean // false for `1:` and `true:` in YAML 1.1, whose written form is the key
  readonly value: YamlNode
}

export interface YamlMap extends Placed {
  readonly kind: 'map'
  readonly members: readonly YamlMember[]
}

/** A YAML value that remembers where it was written. */
export type YamlNode = YamlScalar | YamlList | YamlMap

export const spanOf = (placed: Placed): Span => placeIn(placed.source, placed.start, placed.end)

/** The scalar as written, quotes included. */
export const writtenOf = (node: YamlScalar): string => node.source.text.slice(node.start, node.end)

/** The plain value. `__proto__` cannot be a key: parsing refuses it. */
export function toJson(node: YamlNode): Json {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toJson)
  return Object.fromEntries(node.members.map((member) => [member.key, toJson(member.value)]))
}

export const memberOf = (node: YamlNode | undefined, key: string): YamlMember | undefined =>
  node?.kind === 'map' ? node.members.find((member) => member.key === key) : undefined

export const childOf = (node: YamlNode | undefined, key: string): YamlNode | undefined => memberOf(node, key)?.value

export const textOf = (node: YamlNode | undefined): string | undefined =>
  node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined

export const itemsOf = (node: YamlNode | undefined): readonly YamlNode[] => (node?.kind === 'list' ? node.items : [])

export const membersOf = (node: YamlNode | undefined): readonly YamlMember[] =>
  node?.kind === 'map' ? node.members : []

/** The node that a JSON pointer names, or the nearest one above it that exists. */
export function nodeAt(root: YamlNode, pointer: string): YamlNode {
  let node = root
  for (const token of pointerTokens(pointer)) {
    const next = node.kind === 'list' ? node.items[Number(token)] : childOf(node, token)
    if (!next) return node
    node = next
  }
  return node
}

export const pointerTokens = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))

/** Where the value of a JSON pointer is written. */
export const valueSpan = (root: YamlNode, pointer: string): Span => spanOf(nodeAt(root, pointer))

/** Where the key `key` of the map at a JSON pointer is written; the map's place when it has no such key. */
export function keySpan(root: YamlNode, pointer: string, key: string): Span {
  const node = nodeAt(root, pointer)
  return spanOf(memberOf(node, key) ?? node)
}
