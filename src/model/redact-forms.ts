/** A text that is looked for: one set of spellings for each of its characters, in order. */
export interface Form {
  readonly atoms: readonly (readonly string[])[]
  readonly wraps: boolean // lines may end between two characters, as base64 breaks them
}

/** Shorter values are not looked for: they would be found in every text. */
export const SHORTEST_SECRET = 4

/** Shorter lines of a value of several lines are not looked for alone. */
const SHORTEST_LINE = 8

/** All that a value is looked for as: itself and its lines in any common quoting, and base64 in its three alignments. */
export function formsOf(value: string): readonly Form[] {
  const lines = value.split(/\r?\n/)
  const parts = lines.length > 1 ? [value, ...lines.filter((line) => line.length >= SHORTEST_LINE)] : [value]
  const texts = parts.filter((part) => part.length >= SHORTEST_SECRET)
  return texts.flatMap((text) => [quotedForm(text), ...base64Forms(text)])
}

const quotedForm = (text: string): Form => ({ atoms: [...text].map(spellingsOf), wraps: false })

const known = new Map<string, readonly string[]>()

/** A character plain, and as JSON, URLs, HTML, shells and our own escaping write it; and each of these within JSON. */
function spellingsOf(character: string): readonly string[] {
  const earlier = known.get(character)
  if (earlier) return earlier
  const bytes = [...Buffer.from(character)]
  const units = character.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'))
  const escaped = (byte: (value: number) => string): string => bytes.map(byte).join('')
  const once = [
    character,
    units.map((unit) => `\\u${unit}`).join(''),
    escaped((byte) => `%${byte.toString(16).padStart(2, '0')}`),
    escaped((byte) => `\\x${byte.toString(16).padStart(2, '0')}`),
    `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    ...(bytes.length > 1 ? [escaped((byte) => `\\${byte.toString(8).padStart(3, '0')}`)] : []),
    ...(/^[^A-Za-z0-9]$/.test(character) ? [`\\${character}`] : []),
    ...(OTHER[character] ?? []),
  ]
  const all = once.flatMap((spelling) => [spelling, inJson(spelling), inJson(inJson(spelling))])
  const cases = all.flatMap((spelling) => [spelling, ...(/[%\\]/.test(spelling) ? [upperHex(spelling)] : [])])
  const spellings = [...new Set(cases)].sort((a, b) => b.length - a.length)
  known.set(character, spellings)
  return spellings
}

const OTHER: Readonly<Record<string, readonly string[]>> = {
  ' ': ['+'],
  "'": ["'\\''", `'"'"'`, '&#39;', '&#x27;', '&apos;'],
  '"': ['&quot;', '&#34;'],
  '&': ['&amp;'],
  '<': ['&lt;'],
  '>': ['&gt;'],
  '\n': ['\\n', '\r\n'],
  '\t': ['\\t'],
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)

const upperHex = (text: string): string =>
  text.replaceAll(/(%|\\x|\\u\{?)([0-9a-f]+)/g, (_, mark: string, hex: string) => mark + hex.toUpperCase())

/** The characters of base64 that rest on the value alone, where 0, 1 or 2 other bytes precede it in its group. */
function base64Forms(text: string): readonly Form[] {
  const bytes = Buffer.from(text)
  return [0, 1, 2].map((before) => {
    const coded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    const own = coded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
    return { atoms: [...own].map((digit) => BASE64URL[digit] ?? [digit]), wraps: true }
  })
}

const BASE64URL: Readonly<Record<string, readonly string[]>> = { '+': ['+', '-'], '/': ['/', '_', '\\/'] }
