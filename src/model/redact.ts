import { isObject, type Json } from './json.ts'
import { type Form, formsOf, SHORTEST_SECRET } from './redact-forms.ts'

/** What is shown in place of a secret. */
export const REDACTED = '***'

/** Takes secrets out of what is shown or kept, wherever their value stands, in whichever quoting. */
export interface Redactor {
  text(text: string): string
  /** Each text in a value, names of members and numbers included. */
  json(value: Json): Json
  /** For text that comes in pieces: what may be the beginning of a secret is held back until more comes. */
  stream(): RedactedStream
}

export interface RedactedStream {
  push(text: string): string
  /** What was held back, at the end of the stream. */
  flush(): string
}

/** A redactor of these values; values of less than four characters are left. */
export function makeRedactor(values: Iterable<string>): Redactor {
  const forms = [...new Set(values)].filter((value) => value.length >= SHORTEST_SECRET).flatMap(formsOf)
  if (forms.length === 0) return NOTHING_SECRET
  const pattern = patternOf(forms)
  const makeOwnStream = (): RedactedStream => makeStream(forms, pattern)
  const text = (plain: string): string => withoutCutOff(plain, makeOwnStream).replace(pattern, REDACTED)
  return { text, json: (value) => mapTexts(value, text), stream: makeOwnStream }
}

const CUT = ' ...' // what summaries and messages end in where a line was too long

/** A line that was cut off within a secret ends before it. */
function withoutCutOff(text: string, open: () => RedactedStream): string {
  if (!text.includes(CUT)) return text
  const pieces = text.split(CUT)
  return pieces.map((piece, index) => (index === pieces.length - 1 ? piece : endedBefore(piece, open()))).join(CUT)
}

function endedBefore(piece: string, stream: RedactedStream): string {
  const shown = stream.push(piece)
  const rest = stream.flush()
  return rest.length > 1 && !rest.includes(REDACTED) ? `${shown}${REDACTED}` : piece
}

const NOTHING_SECRET: Redactor = {
  text: (text) => text,
  json: (value) => value,
  stream: () => ({ push: (text) => text, flush: () => '' }),
}

/** The value with `change` made to each of its texts; a number becomes text where its digits change. */
export function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value)
  if (typeof value === 'number') return change(String(value)) === String(value) ? value : change(String(value))
  if (Array.isArray(value)) return value.map((item: Json) => mapTexts(item, change))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [change(key), mapTexts(member as Json, change)]), // sealed: members of Json
  )
}

/** One expression for all forms, the longest first. */
export const patternOf = (forms: readonly Form[]): RegExp =>
  new RegExp(
    [...forms]
      .sort((a, b) => b.atoms.length - a.atoms.length)
      .map(({ atoms, wraps }) => atoms.map(anyOf).join(wraps ? BREAK : ''))
      .join('|'),
    'gu',
  )

const BREAK = String.raw`(?:\r?\n|\\n)?`

const anyOf = (spellings: readonly string[]): string =>
  spellings.length === 1 ? escapedForRegex(spellings[0] ?? '') : `(?:${spellings.map(escapedForRegex).join('|')})`

/** The expression that matches this text alone. */
export const escapedForRegex = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

/** Longer pieces without an end would be held in memory; what is beyond is let go. */
const MOST_HELD = 64 * 1024

function makeStream(forms: readonly Form[], pattern: RegExp): RedactedStream {
  const sought = { forms, pattern, longest: Math.min(Math.max(...forms.map(lengthOf)), MOST_HELD) }
  let held = ''
  return {
    push: (more) => {
      const whole = held + more
      const cut = beginningOfPart(whole, sought)
      held = whole.slice(cut)
      return whole.slice(0, cut).replace(pattern, REDACTED)
    },
    flush: () => {
      const rest = held.replace(pattern, REDACTED)
      held = ''
      return rest
    },
  }
}

interface Sought {
  readonly forms: readonly Form[]
  readonly pattern: RegExp
  readonly longest: number
}

const lengthOf = ({ atoms, wraps }: Form): number =>
  atoms.reduce((sum, spellings) => sum + Math.max(...spellings.map(({ length }) => length)) + (wraps ? 2 : 0), 0)

/** Where the first form begins that the text ends within; its length where it ends in none. */
function beginningOfPart(text: string, { forms, pattern, longest }: Sought): number {
  const whole = [...text.matchAll(pattern)].map(({ index, 0: found }) => ({ start: index, end: index + found.length }))
  for (let at = Math.max(0, text.length - longest); at < text.length; at += 1) {
    const isTaken = whole.some(({ start, end }) => start < at && at < end)
    if (!isTaken && forms.some((form) => endsWithin(text, at, form))) return at
  }
  return text.length
}

/** Whether the text from `at` is a beginning of the form, and not the whole of it. */
function endsWithin(text: string, at: number, { atoms, wraps }: Form): boolean {
  let place = at
  for (const spellings of atoms) {
    if (wraps && place > at) place += /^(?:\r?\n|\\n)/.exec(text.slice(place, place + 2))?.[0].length ?? 0
    const rest = text.slice(place, place + LONGEST_SPELLING)
    const found = spellings.find((spelling) => rest.startsWith(spelling))
    if (
      place + rest.length === text.length &&
      spellings.some((one) => one.length > rest.length && one.startsWith(rest))
    )
      return true
    if (found === undefined) return false
    place += found.length
  }
  return false
}

const LONGEST_SPELLING = 64
