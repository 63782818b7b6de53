/**
 * The text of a systemd EnvironmentFile (systemd.exec(5), src/basic/env-file.c) as pieces that join to the same text.
 * A shell that sources it reads the same values from what we write.
 */
export type EnvPiece =
  | { readonly kind: 'other'; readonly text: string } // comments, blank lines, whatever is no assignment
  | {
      readonly kind: 'assignment'
      readonly text: string
      readonly key: string
      readonly value: string
      readonly exported: boolean // `export KEY=`, which shells take and systemd ignores
      readonly quote: '"' | "'" | ''
      readonly multiple: boolean // more than one assignment on the line: `A=1 B=2`
    }

export type Assignment = Extract<EnvPiece, { kind: 'assignment' }>

/** Cuts a text into pieces; any text has some. */
export function parseEnv(text: string): readonly EnvPiece[] {
  const pieces: EnvPiece[] = []
  let start = 0
  while (start < text.length) {
    const end = endOfPiece(text, start)
    pieces.push(pieceOf(text.slice(start, end)))
    start = end
  }
  return pieces
}

export const joinEnv = (pieces: readonly EnvPiece[]): string => pieces.map((piece) => piece.text).join('')

/** The value that is in force: of the last assignment; undefined without one. */
export function valueIn(pieces: readonly EnvPiece[], key: string): string | undefined {
  return inForce(assignmentsOf(pieces, key))?.value
}

export const assignmentsOf = (pieces: readonly EnvPiece[], key: string): readonly Assignment[] =>
  pieces.filter((piece) => piece.kind === 'assignment').filter((piece) => piece.key === key)

/** Where a plain and an exported assignment stand together, the plain one is what systemd takes. */
export const inForce = (assignments: readonly Assignment[]): Assignment | undefined =>
  assignments.findLast((assignment) => !assignment.exported) ?? assignments.at(-1)

const head = /^([ \t]*)(export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)([ \t]*)=/

function pieceOf(text: string): EnvPiece {
  const found = head.exec(text)
  if (!found) return { kind: 'other', text }
  const [assigned, , exported, key = ''] = found
  const { value, quote, isBare } = decode(text.slice(assigned.length))
  const multiple = isBare && /[ \t][A-Za-z_][A-Za-z0-9_]*=/.test(value)
  return { kind: 'assignment', text, key, value, exported: exported !== undefined, quote, multiple }
}

/** A piece ends with its line, unless a quote or a backslash carries the value on to the next. */
function endOfPiece(text: string, start: number): number {
  const line = /[^\n]*\n?/y
  line.lastIndex = start
  const first = line.exec(text)?.[0] ?? ''
  const found = head.exec(first)
  if (!found) return start + first.length
  return start + found[0].length + scan(text.slice(start + found[0].length)).length
}

function decode(text: string): {
  readonly value: string
  readonly quote: Assignment['quote']
  readonly isBare: boolean
} {
  const { value, quoted } = scan(text)
  const [opening] = text.trimStart()
  const quote = quoted && (opening === '"' || opening === "'") ? opening : ''
  return { value, quote, isBare: !quoted }
}

type ScanState = 'before' | 'bare' | 'single' | 'double'

/** Reads one value as systemd does: how many characters it takes, its end of line included, and what it is. */
function scan(text: string): { readonly length: number; readonly value: string; readonly quoted: boolean } {
  let [state, value, quoted, kept] = ['before' as ScanState, '', false, 0]
  let index = 0
  for (; index < text.length; index += 1) {
    const character = text.charAt(index)
    const next = text.charAt(index + 1)
    if (state === 'single') {
      if (character === "'") state = 'before'
      else value += character
      kept = value.length
    } else if (state === 'double') {
      if (character === '"') state = 'before'
      else if (character !== '\\') value += character
      else {
        index += 1
        if (next !== '\n') value += '"\\`$'.includes(next) ? next : `\\${next}`
      }
      kept = value.length
    } else if (character === '\n') break
    else if (character === '\\') {
      index += 1
      if (next === '\r' && text.charAt(index + 1) === '\n') index += 1
      else if (next !== '\n') value += next
      state = 'bare'
      kept = value.length
    } else if (state === 'before' && (character === '"' || character === "'")) {
      ;[state, quoted] = [character === '"' ? 'double' : 'single', true]
    } else if (/[ \t\r]/.test(character)) {
      if (state === 'bare') value += character
    } else {
      state = 'bare'
      value += character
      kept = value.length
    }
  }
  return { length: Math.min(index + 1, text.length), value: value.slice(0, kept), quoted }
}

/** An assignment's line for a value, in the manner of the line it replaces. A value may hold no line break. */
export function assignmentText(
  key: string,
  value: string,
  { like, eol }: { readonly like?: Assignment; readonly eol: string },
): string {
  const before = like ? (/^[ \t]*(export[ \t]+)?/.exec(like.text)?.[0] ?? '') : ''
  return `${before}${key}=${quoted(value, like?.quote ?? '')}${eol}`
}

function quoted(value: string, quote: Assignment['quote']): string {
  if (quote === "'" && !value.includes("'")) return `'${value}'`
  if (quote === '' && /^[A-Za-z0-9_@%+:,./=-]*$/.test(value)) return value
  return `"${value.replace(/["\\`$]/g, '\\$&')}"`
}
