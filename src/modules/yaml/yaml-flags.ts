import type { Json } from '../../model/json.ts'
import type { YamlPath } from './yaml-path.ts'
import {
  dashOf,
  insertLines,
  lineStart,
  nodeAt,
  parsed,
  proven,
  spliced,
  valueOfNode,
  withValue,
  type YamlChange,
  YamlEditError,
} from './yaml-place.ts'
import { scalarText } from './yaml-scalar-text.ts'
import type { YamlList } from './yaml-text.ts'
import { unsetAt } from './yaml-unset.ts'

/** Where one flag stands in a list of words: in one word, or with its value in the word after it. */
interface FlagPlace {
  readonly index: number
  readonly form: 'joined' | 'apart' | 'bare'
  readonly value: string
}

/**
 * Gives a flag of a list of words (a container's command) its value. The form in which it stands is kept; a new one
 * comes last as `--flag=value`. Of one given several times the last counts, as flag parsers take it.
 */
export const setFlag =
  (at: YamlPath, flag: string, value: string): YamlChange =>
  (text, parse) => {
    const root = parsed(text, parse)
    const list = listAt(root, at, flag)
    const words = wordsOf(list)
    const place = placesOf(words, flag).at(-1)
    const data = (changed: readonly Json[]): Json => withValue(valueOfNode(root), at, changed)
    if (!place) {
      const word = `${flag}=${value}`
      return proven(spliced(text, appendItem(text, list, word)), parse, data([...valuesOf(list), word]))
    }
    if (place.value === value) return text
    const index = place.form === 'apart' ? place.index + 1 : place.index
    const word = place.form === 'apart' ? value : `${flag}=${value}`
    return proven(spliced(text, replaceItem(list, index, word)), parse, data(valuesOf(list).with(index, word)))
  }

/** Removes a flag, wherever it stands, and its value where that is a word of its own. */
export const unsetFlag =
  (at: YamlPath, flag: string): YamlChange =>
  (text, parse) => {
    const place = placesOf(wordsOf(listAt(parsed(text, parse), at, flag)), flag).at(-1)
    if (!place) return text
    const drop = (index: number): YamlChange => unsetAt([...at, index])
    const shorter = place.form === 'apart' ? drop(place.index + 1)(text, parse) : text
    return unsetFlag(at, flag)(drop(place.index)(shorter, parse), parse)
  }

function replaceItem(list: YamlList, index: number, word: string) {
  const item = list.items[index]
  if (item?.kind !== 'scalar') throw new Error('no such word')
  return { start: item.start, end: item.end, text: scalarText(word, item.style) }
}

const valuesOf = (list: YamlList): readonly Json[] => list.items.map(valueOfNode)

function listAt(root: Parameters<typeof nodeAt>[0], at: YamlPath, flag: string): YamlList {
  const list = nodeAt(root, at)
  if (list?.kind !== 'list') throw new YamlEditError(`there is no list at ${at.join('.')}`)
  if (list.items.some((item) => item.kind !== 'scalar'))
    throw new YamlEditError(`${at.join('.')} is not a list of words`)
  const hidden = wordsOf(list).find((word) => word !== flag && !word.startsWith(`${flag}=`) && mentions(word, flag))
  if (hidden !== undefined)
    throw new YamlEditError(`${flag} stands inside a longer text of ${at.join('.')}, which is not edited`)
  return list
}

const mentions = (word: string, flag: string): boolean =>
  word.split(/[\s"']+/).some((part) => part === flag || part.startsWith(`${flag}=`))

const wordsOf = (list: YamlList): readonly string[] =>
  list.items.map((item) => (item.kind === 'scalar' ? String(item.value) : ''))

function placesOf(words: readonly string[], flag: string): readonly FlagPlace[] {
  return words.flatMap((word, index): readonly FlagPlace[] => {
    if (word.startsWith(`${flag}=`)) return [{ index, form: 'joined', value: word.slice(flag.length + 1) }]
    if (word !== flag) return []
    const next = words[index + 1]
    const isValue = next !== undefined && !next.startsWith('-')
    return [isValue ? { index, form: 'apart', value: next } : { index, form: 'bare', value: 'true' }]
  })
}

function appendItem(text: string, list: YamlList, word: string) {
  const last = list.items.at(-1)
  if (list.flow || !last) {
    const at = last ? last.end : list.start + 1
    return { start: at, end: at, text: `${last ? ', ' : ''}${scalarText(word)}` }
  }
  const dash = dashOf(text, last)
  const before = text.slice(lineStart(text, dash), dash)
  if (before.trim() !== '') throw new YamlEditError('an item beside other structure on its line is not edited')
  return insertLines(text, last.end, before, [`- ${scalarText(word)}`])
}
