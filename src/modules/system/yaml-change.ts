import { canonical, isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { YamlPath } from './yaml-path.ts'
import { flowText, pairLines, scalarText } from './yaml-scalar-text.ts'
import type { parseYamlText, YamlList, YamlMap, YamlNode, YamlPair, YamlScalar } from './yaml-text.ts'

/** Why a YAML text is not edited, for the user. */
export class YamlEditError extends Error {}

export type ParseYaml = typeof parseYamlText

/** One replacement in a text. */
interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** The text with one more change, everything else byte for byte as it was. Throws YamlEditError. */
export type YamlChange = (text: string, parse: ParseYaml) => string

/** Gives a place a value; missing maps on the way are made. */
export const setAt =
  (path: YamlPath, value: Json): YamlChange =>
  (text, parse) => {
    const root = parsed(text, parse)
    const result = spliced(text, setSplice(text, root, { path, value, done: 0 }))
    return proven(result, parse, withValue(valueOfNode(root), path, value))
  }

/** Removes a place; one that is missing already is left so. */
export const unsetAt =
  (path: YamlPath): YamlChange =>
  (text, parse) => {
    const root = parsed(text, parse)
    const [place, last] = [path.slice(0, -1), path.at(-1)]
    const parent = nodeAt(root, place)
    if (last === undefined) throw new YamlEditError('the whole document is not removed')
    const splice =
      parent?.kind === 'map' && typeof last === 'string'
        ? removePair(text, parent, { key: last, colon: colonBefore(text, root, place) })
        : parent?.kind === 'list' && typeof last === 'number'
          ? removeItem(text, parent, { index: last, colon: colonBefore(text, root, place) })
          : undefined
    return splice ? proven(spliced(text, splice), parse, withValue(valueOfNode(root), path, undefined)) : text
  }

/** Where the colon after the key of a place stands; undefined for items of lists and the document itself. */
function colonBefore(text: string, root: YamlNode, place: YamlPath): number | undefined {
  const owner = nodeAt(root, place.slice(0, -1))
  const pair = owner?.kind === 'map' ? owner.pairs.find((candidate) => candidate.key === place.at(-1)) : undefined
  return pair && text.indexOf(':', pair.keyEnd)
}

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

interface Setting {
  readonly path: YamlPath
  readonly value: Json
  readonly done: number // steps of the path that `node` stands for
}

function setSplice(text: string, node: YamlNode, { path, value, done }: Setting): Splice | undefined {
  const step = path[done]
  if (step === undefined) return replaceNode(text, node, value)
  if (node.kind === 'list') {
    const item = typeof step === 'number' ? node.items[step] : undefined
    if (!item) throw new YamlEditError(`there is no item ${step} in ${shown(path.slice(0, done))}`)
    return setSplice(text, item, { path, value, done: done + 1 })
  }
  const rest = (): Json => nested(path.slice(done + 1), value)
  if (node.kind === 'scalar') return setInScalar(text, node, { path, done, pair: { [String(step)]: rest() } })
  const pair = node.pairs.find((candidate) => candidate.key === String(step))
  return pair ? setSplice(text, pair.value, { path, value, done: done + 1 }) : addPair(text, node, String(step), rest())
}

function setInScalar(
  text: string,
  node: YamlScalar,
  { path, done, pair }: { readonly path: YamlPath; readonly done: number; readonly pair: Json },
): Splice {
  if (node.value !== null) throw new YamlEditError(`${shown(path.slice(0, done))} is a value, not a map`)
  return writeScalar(text, node, flowText(pair))
}

/** The value that stands below a step, with the maps of the steps after it. */
function nested(path: YamlPath, value: Json): Json {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (typeof step === 'number') throw new YamlEditError(`there is no list that could have an item ${step}`)
  return { [step]: nested(rest, value) }
}

function replaceNode(text: string, node: YamlNode, value: Json): Splice | undefined {
  if (canonical(valueOfNode(node)) === canonical(value)) return undefined
  if (node.kind !== 'scalar') {
    throw new YamlEditError(`a ${node.kind} is not replaced as a whole; give the paths of the values in it`)
  }
  const isPlain = typeof value !== 'object' || value === null
  return writeScalar(text, node, isPlain ? scalarText(value, node.style) : flowText(value))
}

function writeScalar(text: string, { start, end, style }: YamlScalar, written: string): Splice {
  if (start === end) {
    const gap = /^[ \t]*:/.exec(text.slice(start))?.[0].length ?? 0
    return { start: start + gap, end: start + gap, text: ` ${written}` }
  }
  return { start, end, text: style === 'block' && text.charAt(end - 1) === '\n' ? `${written}${eolOf(text)}` : written }
}

function addPair(text: string, map: YamlMap, key: string, value: Json): Splice {
  const last = map.pairs.at(-1)
  if (map.flow || !last) {
    const before = last ? ', ' : ''
    const at = last ? endOf(last.value, last.keyEnd) : map.start + 1
    return { start: at, end: at, text: `${before}${scalarText(key)}: ${flowText(value)}` }
  }
  const indent = ' '.repeat(last.keyStart - lineStart(text, last.keyStart))
  return insertLines(text, endOf(last.value, last.keyEnd), indent, pairLines(key, value, indent))
}

/** New lines below the one that holds `offset`. */
export function insertLines(text: string, offset: number, indent: string, lines: readonly string[]): Splice {
  const eol = eolOf(text)
  const at = text.charAt(offset - 1) === '\n' ? offset : lineEnd(text, offset)
  const open = at > 0 && text.charAt(at - 1) !== '\n' ? eol : ''
  const [first = '', ...rest] = lines
  return { start: at, end: at, text: `${open}${[`${indent}${first}`, ...rest].join(eol)}${eol}` }
}

function removePair(
  text: string,
  map: YamlMap,
  { key, colon }: { readonly key: string; readonly colon: number | undefined },
): Splice | undefined {
  const index = map.pairs.findIndex((pair) => pair.key === key)
  const pair = map.pairs[index]
  if (!pair) return undefined
  const end = endOf(pair.value, pair.keyEnd)
  const next = map.pairs[index + 1]
  if (map.pairs.length === 1)
    return emptied(text, { colon, start: map.start, end: map.flow ? map.end : end, empty: '{}' })
  if (map.flow) return removeFlow(map.pairs.map(extentOf), index)
  if (isFirstOnLine(text, pair.keyStart)) return wholeLines(text, pair.keyStart, end)
  if (!next) throw new YamlEditError(`${key} cannot be removed from where it is written`)
  return { start: pair.keyStart, end: next.keyStart, text: '' }
}

/** Removes one item of a list with the line of its dash. */
function removeItem(
  text: string,
  list: YamlList,
  { index, colon }: { readonly index: number; readonly colon: number | undefined },
): Splice | undefined {
  const item = list.items[index]
  if (!item) return undefined
  if (list.items.length === 1) {
    const end = list.flow ? list.end : endOf(item, item.end)
    return emptied(text, { colon, start: list.start, end, empty: '[]' })
  }
  if (list.flow) return removeFlow(list.items, index)
  const dash = dashOf(text, item)
  if (!isFirstOnLine(text, dash)) throw new YamlEditError('an item beside other structure on its line is not removed')
  return wholeLines(text, dash, endOf(item, item.end))
}

/** What is left of a collection whose only member goes; it stands beside its key, as an empty one must. */
function emptied(
  text: string,
  at: { readonly colon: number | undefined; readonly start: number; readonly end: number; readonly empty: string },
): Splice {
  const { colon, start, end, empty } = at
  const eol = text.charAt(end - 1) === '\n' ? eolOf(text) : ''
  if (colon === undefined) return { start, end, text: `${empty}${eol}` }
  return { start: colon + 1, end, text: ` ${empty}${text.slice(colon + 1, start).trimEnd()}${eol}` }
}

/** Where the dash of a block list's item stands. */
export function dashOf(text: string, item: YamlNode): number {
  const before = /-[ \t]*(\r?\n[ \t]*)*$/.exec(text.slice(0, item.start))
  if (!before) throw new YamlEditError('an item whose dash stands apart from it is not edited')
  return before.index
}

function removeFlow(parts: readonly { readonly start: number; readonly end: number }[], index: number): Splice {
  const [own, before, after] = [parts[index], parts[index - 1], parts[index + 1]]
  if (!own) throw new Error('no such part')
  if (after) return { start: own.start, end: after.start, text: '' }
  return { start: before?.end ?? own.start, end: own.end, text: '' }
}

const extentOf = (pair: YamlPair) => ({ start: pair.keyStart, end: endOf(pair.value, pair.keyEnd) })

/** Where what a node says ends; a block collection ends with the last thing in it. */
export function endOf(node: YamlNode, ifEmpty: number): number {
  if (node.kind === 'scalar') return Math.max(node.end, ifEmpty)
  if (node.flow) return node.end
  const last = node.kind === 'map' ? node.pairs.at(-1) : undefined
  if (last) return endOf(last.value, last.keyEnd)
  const item = node.kind === 'list' ? node.items.at(-1) : undefined
  return item ? endOf(item, item.start) : node.end
}

function wholeLines(text: string, start: number, end: number): Splice {
  return { start: lineStart(text, start), end: text.charAt(end - 1) === '\n' ? end : lineEnd(text, end), text: '' }
}

const isFirstOnLine = (text: string, offset: number): boolean =>
  text.slice(lineStart(text, offset), offset).trim() === ''

export const lineStart = (text: string, offset: number): number =>
  offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end < 0 ? text.length : end + 1
}

const eolOf = (text: string): string => (/^[^\n]*\r\n/.test(text) ? '\r\n' : '\n')

const shown = (path: YamlPath): string =>
  path.length === 0
    ? 'the document'
    : path
        .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
        .join('')
        .replace(/^\./, '')
