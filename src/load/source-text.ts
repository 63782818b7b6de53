import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { fail, type Result, succeed } from '../model/problem.ts'
import type { Span } from '../model/source.ts'

/** A user's file as text, with the offset at which each of its lines begins. */
export interface SourceText {
  readonly file: string
  readonly text: string
  readonly lineStarts: readonly number[]
}

export function sourceText(file: string, text: string): SourceText {
  const lineStarts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1)
  return { file, text, lineStarts }
}

/** The place of `start` to `end` (offsets); cut at the end of its first line, at least one character long. */
export function placeIn(source: SourceText, start: number, end: number = start): Span {
  const line = lineOf(source.lineStarts, start)
  const lineStart = source.lineStarts[line] ?? 0
  const nextLine = source.lineStarts[line + 1] ?? source.text.length + 1
  const length = Math.max(1, Math.min(end, nextLine - 1) - start)
  return { file: source.file, line: line + 1, column: start - lineStart + 1, length }
}

function lineOf(lineStarts: readonly number[], offset: number): number {
  let low = 0
  let high = lineStarts.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

const WHY: ReadonlyMap<string, string> = new Map([
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'this user may not (EACCES)'],
])

/** A file's bytes; a file that is missing (kind reference), no file or unreadable (kind io) is a problem. */
export function readBytes(file: string, what: string): Result<Buffer> {
  try {
    return succeed(readFileSync(file))
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown)
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return fail([{ kind: 'reference', message: `there is no ${what} ${file}` }])
    }
    return fail([{ kind: 'io', message: `cannot read the ${what} ${file}: ${WHY.get(code) ?? code}` }])
  }
}

/** A file as UTF-8 text; bytes that are not UTF-8 are a problem with their offset. A byte order mark stays in the text. */
export function readText(file: string, what: string): Result<string> {
  const bytes = readBytes(file, what)
  return bytes.ok ? decodeUtf8(bytes.value, file, what) : bytes
}

export function decodeUtf8(bytes: Uint8Array, file: string, what: string): Result<string> {
  try {
    return succeed(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    const message = `the ${what} ${file} is not UTF-8 text`
    const at = { file, line: firstBadLine(bytes), column: 1, length: 1 }
    return fail([{ kind: 'io', message, at, hint: `convert it: iconv -t UTF-8 ${file}` }])
  }
}

/** No line break is part of a longer UTF-8 sequence, so lines can be told before decoding. */
function firstBadLine(bytes: Uint8Array): number {
  const lines = Buffer.from(bytes).toString('latin1').split('\n')
  return lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1'))) + 1
}

/** Whether YAML text holds nothing but comments and document marks. */
export const hasNothing = (text: string): boolean =>
  text.split('\n').every((line) => /^\s*(?:#.*|---\s*(?:#.*)?|\.\.\.\s*)?$/.test(line))
