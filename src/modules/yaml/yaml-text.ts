import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml'

/** A place in a YAML text: where its nodes lie, as offsets, so that one can be replaced and all else kept. */
export type YamlNode = YamlScalar | YamlMap | YamlList

export interface YamlScalar {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  readonly style: 'plain' | 'single' | 'double' | 'block'
  readonly start: number
  readonly end: number // equal to start: nothing is written (`key:`)
}

export interface YamlMap {
  readonly kind: 'map'
  readonly flow: boolean
  readonly start: number
  readonly end: number
  readonly pairs: readonly YamlPair[]
}

export interface YamlPair {
  readonly key: string
  readonly keyStart: number
  readonly keyEnd: number
  readonly value: YamlNode
}

export interface YamlList {
  readonly kind: 'list'
  readonly flow: boolean
  readonly start: number
  readonly end: number
  readonly items: readonly YamlNode[]
}

/** A YAML text that we do not edit, why, and where (from 1). */
export interface YamlRefusal {
  readonly kind: 'refused'
  readonly message: string
  readonly line: number
  readonly column: number
}

/**
 * One YAML document with the offsets of its nodes. Refused: what does not parse, several documents, anchors, aliases,
 * tags, keys that are no text. This is the one importer of `yaml` in this room (the other is load's, for runbooks).
 */
export function parseYamlText(text: string): YamlNode | YamlRefusal {
  try {
    return parsed(text)
  } catch (error) {
    // its parser, and we, go a level deeper with each level of the text
    if (error instanceof RangeError)
      return { kind: 'refused', message: 'this is nested too deeply', line: 1, column: 1 }
    throw error
  }
}

function parsed(text: string): YamlNode | YamlRefusal {
  const lines = new LineCounter()
  const refuse = (message: string, offset: number): YamlRefusal => {
    const { line, col } = lines.linePos(offset)
    return { kind: 'refused', message, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const document = parseDocument(text, { version: '1.2', schema: 'core', lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error) return refuse(error.message, error.pos[0])
  let refusal: YamlRefusal | undefined
  visit(document, (_, node) => {
    if (typeof node !== 'object' || node === null || !('range' in node)) return undefined
    const offset = (node as Node).range?.[0] ?? 0 // sealed: what has a range is a node
    if (isAlias(node)) refusal = refuse('aliases are not edited', offset)
    else if ('anchor' in node && node.anchor) refusal = refuse('anchors are not edited', offset)
    else if ('tag' in node && node.tag && isTagged(text, offset)) refusal = refuse('tags are not edited', offset)
    return refusal ? visit.BREAK : undefined
  })
  if (refusal) return refusal
  try {
    return nodeOf(document.contents, 0)
  } catch (thrown) {
    if (thrown instanceof Unusual) return refuse(thrown.message, thrown.offset)
    throw thrown
  }
}

class Unusual extends Error {
  readonly offset: number
  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

const isTagged = (text: string, offset: number): boolean =>
  text.charAt(offset) === '!' || /!\S*[ \t]+$/.test(text.slice(0, offset))

function nodeOf(node: unknown, place: number): YamlNode {
  if (isScalar(node)) return scalarOf(node, place)
  if (isMap(node)) {
    const [start, end] = rangeOf(node)
    const pairs = node.items.map((pair) => {
      if (!isScalar(pair.key) || typeof pair.key.value === 'object' || pair.key.range?.[0] === pair.key.range?.[1]) {
        throw new Unusual('keys that are no text are not edited', start)
      }
      const [keyStart, keyEnd] = rangeOf(pair.key)
      return { key: String(pair.key.value), keyStart, keyEnd, value: nodeOf(pair.value, keyEnd) }
    })
    return { kind: 'map', flow: node.flow === true, start, end, pairs }
  }
  if (isSeq(node)) {
    const [start, end] = rangeOf(node)
    const items = node.items.map((item) => {
      if (item === null || typeof item !== 'object' || 'key' in item)
        throw new Unusual('a pair in a list is not edited', start)
      return nodeOf(item, start)
    })
    return { kind: 'list', flow: node.flow === true, start, end, items }
  }
  return { kind: 'scalar', value: null, style: 'plain', start: place, end: place }
}

const styles: ReadonlyMap<string | undefined, YamlScalar['style']> = new Map([
  [undefined, 'plain'],
  ['PLAIN', 'plain'],
  ['QUOTE_SINGLE', 'single'],
  ['QUOTE_DOUBLE', 'double'],
])

function scalarOf(
  node: { value: unknown; type?: string | undefined; range?: readonly number[] | null | undefined },
  place: number,
): YamlScalar {
  const { value } = node
  const [start = place, end = place] = node.range ?? []
  if (value !== null && typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw new Unusual('a value of this type is not edited', start)
  }
  return { kind: 'scalar', value, style: styles.get(node.type) ?? 'block', start, end }
}

function rangeOf(node: { range?: readonly number[] | null | undefined }): readonly [number, number] {
  const [start, end] = node.range ?? []
  if (start === undefined || end === undefined) throw new Error('a parsed node without a range')
  return [start, end]
}
