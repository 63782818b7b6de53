import type { YamlPath } from './yaml-path.ts'
import {
  dashOf,
  endOf,
  eolOf,
  lineEnd,
  lineStart,
  nodeAt,
  parsed,
  proven,
  type Splice,
  spliced,
  valueOfNode,
  withValue,
  type YamlChange,
  YamlEditError,
} from './yaml-place.ts'
import type { YamlList, YamlMap, YamlNode, YamlPair } from './yaml-text.ts'

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

function removeFlow(parts: readonly { readonly start: number; readonly end: number }[], index: number): Splice {
  const [own, before, after] = [parts[index], parts[index - 1], parts[index + 1]]
  if (!own) throw new Error('no such part')
  if (after) return { start: own.start, end: after.start, text: '' }
  return { start: before?.end ?? own.start, end: own.end, text: '' }
}

const extentOf = (pair: YamlPair) => ({ start: pair.keyStart, end: endOf(pair.value, pair.keyEnd) })

function wholeLines(text: string, start: number, end: number): Splice {
  return { start: lineStart(text, start), end: text.charAt(end - 1) === '\n' ? end : lineEnd(text, end), text: '' }
}

const isFirstOnLine = (text: string, offset: number): boolean =>
  text.slice(lineStart(text, offset), offset).trim() === ''
