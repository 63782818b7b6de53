import { isObject, type Json } from '../model/json.ts'

/**
 * A value as PyYAML's `dump` prints it in block style with sorted keys, but without folding long lines and without
 * anchors for what is the same: `k: v` lines that any YAML 1.1 or 1.2 reader reads as the same value.
 */
export function yamlText(value: Json): string {
  return `${isBlock(value) ? blockLines(value, 0).join('\n') : inlineText(value, '')}\n`
}

const isBlock = (value: Json): boolean => typeof value === 'object' && value !== null && Object.keys(value).length > 0

function blockLines(value: Json, depth: number): readonly string[] {
  const indent = '  '.repeat(depth)
  if (Array.isArray(value)) return value.flatMap((item: Json) => itemLines(item, depth))
  if (!isObject(value)) return []
  const members = Object.entries(value) as readonly (readonly [string, Json])[] // sealed: members of Json
  return members
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, member]) => {
      const head = `${indent}${keyText(key)}:`
      if (!isBlock(member)) return [`${head} ${inlineText(member, indent)}`]
      return [head, ...blockLines(member, Array.isArray(member) ? depth : depth + 1)]
    })
}

/** A member of a list: its first line stands behind the dash. */
function itemLines(item: Json, depth: number): readonly string[] {
  const indent = '  '.repeat(depth)
  if (!isBlock(item)) return [`${indent}- ${inlineText(item, indent)}`]
  const [first = '', ...rest] = blockLines(item, depth + 1)
  return [`${indent}- ${first.trimStart()}`, ...rest]
}

function inlineText(value: Json, indent: string): string {
  if (typeof value === 'string') return stringText(value, indent)
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[]' : '{}'
  return String(value)
}

/** As Python's repr, with the point that YAML 1.1 wants in a number with an exponent. */
function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return String(value)
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  if (Number(exponent) >= -4 && Number(exponent) < 16) return String(value)
  const sign = exponent.startsWith('-') ? '-' : '+'
  return `${digits.includes('.') ? digits : `${digits}.0`}e${sign}${exponent.slice(1).padStart(2, '0')}`
}

/** On one line, whatever is in it (PyYAML writes `? key` then). */
const keyText = (key: string): string => (key.includes('\n') ? doubleQuoted(key) : stringText(key, ''))

function stringText(text: string, indent: string): string {
  if (!OTHER_TYPE.test(text) && !NEVER_PLAIN.test(text)) return text
  return NEVER_SINGLE.test(text) ? doubleQuoted(text) : singleQuoted(text, indent)
}

/** What YAML 1.1 reads as no text: nothing, booleans, null, numbers, times, `<<` and `=`. */
const OTHER_TYPE = new RegExp(
  [
    '^(?:|~|<<|=|null|Null|NULL|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$',
    '^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$',
    '^(?:[-+]?[0-9][0-9_]*\\.[0-9_]*(?:[eE][-+][0-9]+)?|\\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$',
    '^(?:[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\\.[0-9_]*|[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN))$',
    '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
    '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \\t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]*)?(?:[ \\t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?$',
  ].join('|'),
)

/**
 * Indicators at the start, `: ` and ` #` within, spaces around, breaks, and what is not printed as it is: also what turns
 * the direction of text, which PyYAML prints and which no file may hold here.
 */
const NEVER_PLAIN =
  /^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-](?:\s|$))|:(?:[\s\0]|$)|\s#|^\s|\s$|[^ -~\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10fffe}]|[\u2028-\u202e\u2066-\u2069]/u

/** A space beside a break, or what needs an escape; a line feed can stand in single quotes, other breaks read differently. */
const NEVER_SINGLE =
  /\n | \n|[^\n -~\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10fffe}]/u

/** One more break than there is, as one alone reads as a space; the next line is indented. */
function singleQuoted(text: string, indent: string): string {
  return `'${text.replaceAll("'", "''").replaceAll(/\n+/g, (breaks) => `\n${breaks}${indent}  `)}'`
}

const doubleQuoted = (text: string): string => `"${text.replaceAll(NEEDS_ESCAPE, escaped)}"`

const NEEDS_ESCAPE = /["\\\x85\u2028-\u202e\u2066-\u2069\ufeff]|[^ -~\xa0-\ud7ff\ue000-\ufffd]/gu

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0
  const short = SHORT.get(char)
  if (short !== undefined) return `\\${short}`
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ...([
    ['\0', '0'],
    ['\x07', 'a'],
    ['\b', 'b'],
    ['\t', 't'],
    ['\n', 'n'],
    ['\v', 'v'],
    ['\f', 'f'],
    ['\r', 'r'],
  ] as const),
  ...([
    ['\x1b', 'e'],
    ['"', '"'],
    ['\\', '\\'],
    ['\x85', 'N'],
    ['\xa0', '_'],
    ['\u2028', 'L'],
    ['\u2029', 'P'],
  ] as const),
])
