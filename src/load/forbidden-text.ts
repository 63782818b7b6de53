import type { Problem } from '../model/problem.ts'
import { placeIn, type SourceText } from './source-text.ts'

/** C0 but tab, line feed and carriage return; DEL; C1; bidi controls (Trojan Source, CVE-2021-42574); byte order mark; lone CR. */
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]|\r(?!\n)/g

const SHOWN = 10 // a binary file has thousands

/** What no text of ours may hold: characters that hide what the file says. */
export function forbiddenText(source: SourceText): readonly Problem[] {
  const problems: Problem[] = []
  for (const match of source.text.matchAll(FORBIDDEN)) {
    if (problems.length === SHOWN) break
    problems.push(problemAt(source, match.index))
  }
  return problems
}

function problemAt(source: SourceText, offset: number): Problem {
  const code = source.text.charCodeAt(offset)
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  const at = placeIn(source, offset, offset + 1)
  const message = `${describe(code)} (${name}) may not be in this file`
  return { kind: 'yaml', message, at, ...hintFor(code) }
}

function describe(code: number): string {
  if (code === 0xfeff) return 'the byte order mark'
  if (code >= 0x2000) return 'the invisible character that turns the direction of text'
  if (code === 0x0d) return 'a carriage return without line feed'
  return 'the control character'
}

function hintFor(code: number): { readonly hint?: string } {
  if (code === 0xfeff) return { hint: 'save the file as UTF-8 without byte order mark' }
  if (code >= 0x2000) return { hint: 'delete it: it can make a line read differently from what it does' }
  if (code === 0x0d || code === 0) return {}
  return { hint: `write it as an escape in double quotes: "\\x${code.toString(16).padStart(2, '0')}"` }
}
