import { canonical, type Json } from '../../model/json.ts'
import type { YamlPath } from './yaml-path.ts'
import {
  endOf,
  eolOf,
  insertLines,
  lineStart,
  parsed,
  proven,
  type Splice,
  spliced,
  valueOfNode,
  withValue,
  type YamlChange,
  YamlEditError,
} from './yaml-place.ts'
import { flowText, pairLines, scalarText } from './yaml-scalar-text.ts'
import type { YamlMap, YamlNode, YamlScalar } from './yaml-text.ts'

/** Gives a place a value; missing maps on the way are made. */
export const setAt =
  (path: YamlPath, value: Json): YamlChange =>
  (text, parse) => {
    const root = parsed(text, parse)
    const result = spliced(text, setSplice(text, root, { path, value, done: 0 }))
    return proven(result, parse, withValue(valueOfNode(root), path, value))
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

const shown = (path: YamlPath): string =>
  path.length === 0
    ? 'the document'
    : path
        .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
        .join('')
        .replace(/^\./, '')
