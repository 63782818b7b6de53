import { canonical, isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { YamlPath } from './yaml-path.ts'
import type { parseYamlText, YamlNode } from './yaml-text.ts'

/** Why a YAML text is not edited, for the user. */
export class YamlEditError extends Error {}

export type ParseYaml = typeof parseYamlText

/** One replacement in a text. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** The text with one more change, everything else byte for byte as it was. Throws YamlEditError. */
export type YamlChange = (text: string, parse: ParseYaml) => string

/** The text when it says what it should: whatever the layout, an edit never changes more data than was asked for. */
export function proven(text: string, parse: ParseYaml, data: Json): string {
  if (canonical(valueOfNode(parsed(text, parse))) === canonical(data)) return text
  throw new YamlEditError('it is laid out in a way that cannot be edited without touching more of it')
}

/** Data with one place changed; undefined removes it. */
export function withValue(data: Json, path: YamlPath, value: Json | undefined): Json {
  const [step, ...rest] = path
  if (step === undefined) return value ?? null
  if (Array.isArray(data)) {
    const items: readonly Json[] = data
    return items.flatMap((item, index) => {
      if (index !== step) return [item]
      return rest.length === 0 && value === undefined ? [] : [withValue(item, rest, value)]
    })
  }
  const members = isObject(data) ? (data as JsonObject) : {} // sealed: an object in JSON holds JSON
  const { [String(step)]: old, ...others } = members
  if (rest.length === 0 && value === undefined) return others
  return { ...members, [String(step)]: withValue(old ?? null, rest, value) }
}

export const spliced = (text: string, splice: Splice | undefined): string =>
  splice ? text.slice(0, splice.start) + splice.text + text.slice(splice.end) : text

/** The nodes of a text. Throws YamlEditError with the position where it is not one that we edit. */
export function parsed(text: string, parse: ParseYaml): YamlNode {
  const node = parse(text)
  if (node.kind === 'refused') throw new YamlEditError(`line ${node.line}, column ${node.column}: ${node.message}`)
  return node
}

export function nodeAt(node: YamlNode, path: YamlPath): YamlNode | undefined {
  const [step, ...rest] = path
  if (step === undefined) return node
  if (node.kind === 'map') {
    const pair = node.pairs.find((candidate) => candidate.key === String(step))
    return pair && nodeAt(pair.value, rest)
  }
  const item = node.kind === 'list' && typeof step === 'number' ? node.items[step] : undefined
  return item && nodeAt(item, rest)
}

/** The data of a node, for comparison. */
export function valueOfNode(node: YamlNode): Json {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(valueOfNode)
  return Object.fromEntries(node.pairs.map((pair) => [pair.key, valueOfNode(pair.value)]))
}

/** New lines below the one that holds `offset`. */
export function insertLines(text: string, offset: number, indent: string, lines: readonly string[]): Splice {
  const eol = eolOf(text)
  const at = text.charAt(offset - 1) === '\n' ? offset : lineEnd(text, offset)
  const open = at > 0 && text.charAt(at - 1) !== '\n' ? eol : ''
  const [first = '', ...rest] = lines
  return { start: at, end: at, text: `${open}${[`${indent}${first}`, ...rest].join(eol)}${eol}` }
}

/** Where the dash of a block list's item stands. */
export function dashOf(text: string, item: YamlNode): number {
  const before = /-[ \t]*(\r?\n[ \t]*)*$/.exec(text.slice(0, item.start))
  if (!before) throw new YamlEditError('an item whose dash stands apart from it is not edited')
  return before.index
}

/** Where what a node says ends; a block collection ends with the last thing in it. */
export function endOf(node: YamlNode, ifEmpty: number): number {
  if (node.kind === 'scalar') return Math.max(node.end, ifEmpty)
  if (node.flow) return node.end
  const last = node.kind === 'map' ? node.pairs.at(-1) : undefined
  if (last) return endOf(last.value, last.keyEnd)
  const item = node.kind === 'list' ? node.items.at(-1) : undefined
  return item ? endOf(item, item.start) : node.end
}

export const lineStart = (text: string, offset: number): number =>
  offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1

export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end < 0 ? text.length : end + 1
}

export const eolOf = (text: string): string => (/^[^\n]*\r\n/.test(text) ? '\r\n' : '\n')
