import type { Json, JsonObject } from '../model/json.ts'

const MAX_DEPTH = 64
/** What Python's tokenizer takes for a number; no leading zeros but in fractions. */
const NUMBER =
  /(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*)?\.\d(?:_?\d)*(?:[eE][-+]?\d(?:_?\d)*)?|\d(?:_?\d)*\.?[eE][-+]?\d(?:_?\d)*|\d(?:_?\d)*\.|[1-9](?:_?\d)*|0(?:_?0)*)(?![\w.])/y
const STRING = /([bBuUrRfF]{0,2})('''|"""|'|")/y
const ESCAPES: Readonly<Record<string, string>> = {
  ...{ '\\': '\\', "'": "'", '"': '"', a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
}
const NAMES: ReadonlyMap<string, boolean | null> = new Map([
  ['True', true],
  ['False', false],
  ['None', null],
])

/** A text that is no literal: Ansible then keeps it as it is written. */
const NOT_A_LITERAL = Symbol('not a literal')

interface Scan {
  readonly text: string
  at: number
  depth: number
}

/**
 * The value of a text as Python's ast.literal_eval reads it, which Ansible reads the values of INI inventories with:
 * numbers, quoted texts, True, False, None, lists, tuples (as lists) and dictionaries. Everything else, and what JSON
 * cannot carry (complex numbers, integers beyond 2^53, sets, bytes), is the text itself.
 */
export function pythonLiteral(text: string): Json {
  const scan: Scan = { text: text.replace(/^[ \t]+/, ''), at: 0, depth: 0 }
  try {
    const value = readMany(scan, '')
    return scan.at === scan.text.length ? value : text
  } catch (thrown) {
    if (thrown === NOT_A_LITERAL) return text
    throw thrown
  }
}

/** Values up to `close`; several, or one with a comma behind it, are a list. */
function readMany(scan: Scan, close: string): Json {
  const values: Json[] = []
  let comma = false
  for (skipBlank(scan); !ends(scan, close); skipBlank(scan)) {
    if (values.length > 0 && !comma) throw NOT_A_LITERAL
    values.push(readValue(scan))
    comma = take(scan, ',')
  }
  const [only] = values
  if (values.length === 0 && (close === '' || comma)) throw NOT_A_LITERAL
  return only !== undefined && values.length === 1 && !comma && close !== ']' ? only : values
}

const ends = ({ text, at }: Scan, close: string): boolean =>
  close === '' ? at >= text.length : text.startsWith(close, at)

/** A comment runs to the end of the text. */
function skipBlank(scan: Scan): void {
  while (/[ \t\f]/.test(scan.text.charAt(scan.at))) scan.at += 1
  if (scan.depth === 0 && scan.text.charAt(scan.at) === '#') scan.at = scan.text.length
}

function take(scan: Scan, char: string): boolean {
  skipBlank(scan)
  if (scan.text.charAt(scan.at) !== char) return false
  scan.at += 1
  return true
}

function readValue(scan: Scan): Json {
  skipBlank(scan)
  const char = scan.text.charAt(scan.at)
  if (char === '-' || char === '+') {
    scan.at += 1
    skipBlank(scan)
    const number = readNumber(scan)
    return char === '-' ? -number : number
  }
  if (char === '[' || char === '(' || char === '{') return readBracket(scan, char)
  if (/[\d.]/.test(char)) return readNumber(scan)
  return readStrings(scan) ?? readName(scan)
}

function readBracket(scan: Scan, open: string): Json {
  if (scan.depth >= MAX_DEPTH) throw NOT_A_LITERAL
  scan.depth += 1
  scan.at += 1
  const close = open === '[' ? ']' : open === '(' ? ')' : '}'
  const value = open === '{' ? readDictionary(scan) : readMany(scan, close)
  scan.depth -= 1
  if (!take(scan, close)) throw NOT_A_LITERAL
  return value
}

function readDictionary(scan: Scan): JsonObject {
  const members: (readonly [string, Json])[] = []
  let comma = true
  for (skipBlank(scan); !ends(scan, '}'); skipBlank(scan)) {
    if (!comma) throw NOT_A_LITERAL
    const key = keyText(readValue(scan))
    if (!take(scan, ':')) throw NOT_A_LITERAL
    members.push([key, readValue(scan)])
    comma = take(scan, ',')
  }
  return Object.fromEntries(members)
}

/** As Python's json writes keys. */
function keyText(key: Json): string {
  if (typeof key === 'object' && key !== null) throw NOT_A_LITERAL
  return String(key)
}

function readNumber(scan: Scan): number {
  NUMBER.lastIndex = scan.at
  const [written] = NUMBER.exec(scan.text) ?? []
  const value = written === undefined ? Number.NaN : Number(written.replaceAll('_', ''))
  const exact = Number.isInteger(value) ? Number.isSafeInteger(value) || /[.eE]/.test(written ?? '') : true
  if (written === undefined || !Number.isFinite(value) || !exact) throw NOT_A_LITERAL
  scan.at += written.length
  return value
}

function readName(scan: Scan): boolean | null {
  const [word = ''] = /^[A-Za-z]+(?![\w])/.exec(scan.text.slice(scan.at)) ?? []
  const value = NAMES.get(word)
  if (value === undefined) throw NOT_A_LITERAL
  scan.at += word.length
  return value
}

/** Texts side by side are one. */
function readStrings(scan: Scan): string | undefined {
  let joined: string | undefined
  for (;;) {
    skipBlank(scan)
    STRING.lastIndex = scan.at
    const [opening, prefix = '', quote = ''] = STRING.exec(scan.text) ?? []
    if (opening === undefined) return joined
    scan.at += opening.length
    joined = (joined ?? '') + readString(scan, { prefix: prefix.toLowerCase(), quote })
  }
}

function readString(scan: Scan, { prefix, quote }: { readonly prefix: string; readonly quote: string }): string {
  if (!['', 'u', 'r'].includes(prefix)) throw NOT_A_LITERAL
  let value = ''
  while (!scan.text.startsWith(quote, scan.at)) {
    if (scan.at >= scan.text.length) throw NOT_A_LITERAL
    if (scan.text.charAt(scan.at) !== '\\') {
      value += scan.text.charAt(scan.at)
      scan.at += 1
    } else value += prefix === 'r' ? readRaw(scan) : readEscape(scan)
  }
  scan.at += quote.length
  return value
}

function readRaw(scan: Scan): string {
  if (scan.at + 1 >= scan.text.length) throw NOT_A_LITERAL
  scan.at += 2
  return scan.text.slice(scan.at - 2, scan.at)
}

/** An escape that Python does not know stays as written; names of characters are not known here. */
function readEscape(scan: Scan): string {
  const rest = scan.text.slice(scan.at + 1, scan.at + 10)
  const [written, octal, ...hex] =
    /^(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest) ?? []
  if (written !== undefined) {
    const code = octal === undefined ? Number.parseInt(hex.join(''), 16) : Number.parseInt(octal, 8)
    if (code > 0x10_ff_ff) throw NOT_A_LITERAL
    scan.at += written.length + 1
    return String.fromCodePoint(code)
  }
  const char = rest.charAt(0)
  if (char === '' || /[xuUN]/.test(char)) throw NOT_A_LITERAL
  scan.at += 2
  return ESCAPES[char] ?? `\\${char}`
}
