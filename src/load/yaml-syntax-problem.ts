import type { Problem } from '../model/problem.ts'
import { placeIn, type SourceText } from './source-text.ts'

/** What the YAML library found wrong. */
export interface SyntaxError {
  readonly code: string
  readonly message: string
  readonly pos: readonly [number, number]
  readonly name: string
}

/** The library's complaint as one clear problem, with what usually causes it. */
export function syntaxProblem(source: SourceText, error: SyntaxError): Problem {
  const [start, end] = openingQuote(source, error) ?? error.pos
  const said = describe(source, error)
  const shift = error.code === 'TAB_AS_INDENT' ? tabShift(source, start) : 0
  const problem: Problem = { kind: 'yaml', message: said.message, at: placeIn(source, start + shift, end + shift) }
  return said.hint === undefined ? problem : { ...problem, hint: said.hint }
}

/** The library notices at the end of the file; the reader wants to know where the quote was opened. */
function openingQuote(source: SourceText, error: SyntaxError): readonly [number, number] | undefined {
  const quote = /^Missing closing (["'])quote$/.exec(error.message)?.[1]
  const start = quote === undefined ? -1 : source.text.lastIndexOf(quote, error.pos[0])
  return start < 0 ? undefined : [start, start + 1]
}

interface Said {
  readonly message: string
  readonly hint?: string
}

/** Written for the codes that people meet; the library's own words for the others. */
function describe(source: SourceText, error: SyntaxError): Said {
  const rest = restOfLine(source, error.pos[0])
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return { message: 'a tab indents this line: YAML takes spaces only', hint: 'replace the tab by spaces' }
    case 'RESOURCE_EXHAUSTION':
      return { message: 'this is nested too deeply' }
    case 'TAG_RESOLVE_FAILED':
      return unknownTag(error.message)
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        message: 'this value holds ": " or is followed by deeper lines, so it reads as a mapping in a mapping',
        hint: 'put quotes around the value, or check the indentation of the next line',
      }
    case 'BAD_SCALAR_START':
      return { message: `a value cannot begin with ${rest.charAt(0)}`, hint: 'put quotes around the value' }
    case 'MULTILINE_IMPLICIT_KEY':
      return NO_KEY
    case 'BAD_INDENT':
      return badIndent(error.message)
    case 'UNEXPECTED_TOKEN':
      return unexpected(source, error)
    case 'BAD_DQ_ESCAPE':
      return { message: lowerFirst(error.message), hint: "use single quotes: backslashes are plain text in '...'" }
    case 'MISSING_CHAR':
      if (error.message.startsWith('Implicit map keys')) return NO_KEY
      if (error.message.startsWith('Flow')) return openBracket(error.message)
      return { message: lowerFirst(error.message).replace(/ (["'])quote$/, ' $1') }
    default:
      return { message: lowerFirst(error.message) }
  }
}

const NO_KEY: Said = { message: 'this line has no ": " and is no list item', hint: 'write `key: value`, or `- item`' }

function unknownTag(message: string): Said {
  const tag = message.replace(/^Unresolved tag: /, '').replace('tag:yaml.org,2002:', '!!')
  const hint =
    tag === '!vault'
      ? 'values encrypted with ansible-vault stand in inventories and files of variables, not here'
      : 'tags are not taken: write the value itself'
  return { message: `unknown tag ${tag}`, hint }
}

function badIndent(message: string): Said {
  if (!message.startsWith('Flow')) {
    return { message: 'this line is indented differently from the lines it belongs to', hint: 'align it with them' }
  }
  return openBracket(message)
}

const openBracket = (message: string): Said => ({
  message: `a bracket is not closed: ${message.endsWith(']') ? ']' : '}'} is missing`,
})

function unexpected(source: SourceText, error: SyntaxError): Said {
  const line = lineAround(source, error.pos[0])
  if (/:\s*\{\{/.test(line) || /^\s*-\s*\{\{/.test(line)) return { ...BARE_TEMPLATE }
  if (/^\s*[^"'\s][^:]*:\s*["'].*["']\s*\S/.test(line)) {
    return { message: 'text follows the closing quote', hint: 'put the whole value in quotes' }
  }
  const stray = error.message === 'Unexpected scalar at node end'
  if (stray) return { message: 'this does not belong to the value before it', hint: 'check its indentation' }
  return { message: lowerFirst(error.message) }
}

/** A value that begins with `{{` is a mapping in YAML; Ansible users know this trap. */
export const BARE_TEMPLATE: Said = {
  message: 'a value that begins with {{ is a mapping in YAML',
  hint: 'put quotes around it: "{{ name }}"',
}

const restOfLine = (source: SourceText, start: number): string => source.text.slice(start).split('\n', 1)[0] ?? ''

const lineAround = (source: SourceText, offset: number): string =>
  restOfLine(source, source.text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1)

/** The library points at the line break before the tab. */
const tabShift = (source: SourceText, start: number): number => {
  const ahead = /^[\s]*?\t/.exec(source.text.slice(start, start + 200))
  return ahead ? ahead[0].length - 1 : 0
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
