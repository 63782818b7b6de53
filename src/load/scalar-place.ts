import type { Span } from '../model/source.ts'
import { placeIn } from './source-text.ts'
import { spanOf, type YamlScalar } from './yaml-node.ts'

/**
 * Where the characters `start` to `end` of a text value are written, whatever style it was written in: the value is
 * walked along its source, which has quotes, escapes, indentation and folded lines besides.
 */
export function placeInScalar(node: YamlScalar, start: number, end: number): Span {
  const { value } = node
  if (typeof value !== 'string' || start > value.length) return spanOf(node)
  const offsets = sourceOffsets(node, value, Math.max(start, end - 1))
  const first = offsets[start] ?? lastPlace(offsets, node)
  const last = offsets[end - 1] ?? first
  return placeIn(node.source, first, Math.max(first, last) + 1)
}

/** An error at the end of the text points at its last character. */
const lastPlace = (offsets: readonly number[], node: YamlScalar): number => offsets.at(-1) ?? node.start

function sourceOffsets(node: YamlScalar, value: string, upTo: number): readonly number[] {
  const { text } = node.source
  const offsets: number[] = []
  let at = bodyStart(node)
  for (let index = 0; index < value.length && index <= upTo; index += 1) {
    const wanted = value.charAt(index)
    while (at < node.end && text.charAt(at) !== wanted && isLayout(text.charAt(at))) at += 1
    offsets.push(at)
    at += node.style === 'quoted' ? quotedWidth(text, at, wanted) : 1
  }
  return offsets
}

function bodyStart(node: YamlScalar): number {
  if (node.style === 'plain') return node.start
  if (node.style === 'quoted') return node.start + 1
  const header = node.source.text.indexOf('\n', node.start)
  return header < 0 ? node.start : header + 1
}

const isLayout = (character: string): boolean => /\s/.test(character)

/** How many characters one character of the value takes in quotes: `''`, `\n`, `\x1b`, `\u00e9`, `\U0001f600`. */
function quotedWidth(text: string, at: number, wanted: string): number {
  if (text.startsWith("''", at) && wanted === "'") return 2
  if (text.charAt(at) !== '\\') return 1
  return { x: 4, u: 6, U: 10 }[text.charAt(at + 1)] ?? 2
}
