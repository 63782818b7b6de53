const LONGEST = 240 // what follows tells kinds of lines no further apart

/**
 * What lines of one kind have in common: each word that holds a digit (times, ids, addresses, durations, numbers) and everything
 * in double quotes becomes `*`, and several in a row become one. Linear in the text.
 */
export function signatureOf(text: string): string {
  const parts: string[] = []
  let from = 0
  let length = 0
  let quotes = text.lastIndexOf('"') // behind this one nothing is quoted
  for (let at = 0; at < text.length && length < LONGEST; ) {
    const isQuote = text[at] === '"' && at < quotes
    const end = isQuote ? afterQuote(text, at) : afterWord(text, at)
    if (isQuote && end === at) quotes = at
    if (isQuote ? end > at : holdsDigit(text, at, end)) {
      parts.push(text.slice(from, at), isQuote ? '"*"' : '*')
      length += at - from + 1
      from = end
    }
    at = Math.max(end, at + 1)
  }
  const whole = parts.join('') + text.slice(from, from + LONGEST)
  return whole
    .replaceAll(/\*(?:[\s,:/[\]|+-]*\*)+/g, '*')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST)
}

/** Where the quotation that begins at `from` ends; `from` where it does not. */
function afterQuote(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') return at + 1
  }
  return from
}

function afterWord(text: string, from: number): number {
  let at = from
  while (at < text.length && isWord(text.charCodeAt(at))) at += 1
  return at
}

function holdsDigit(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (isDigit(text.charCodeAt(at))) return true
  return false
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

/** Letters, digits, `_`, `.`, `-`, `%` and everything outside ASCII (µ, ideographs). */
const isWord = (code: number): boolean =>
  isDigit(code) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === 0x5f ||
  code === 0x2e ||
  code === 0x2d ||
  code === 0x25 ||
  code > 0x7f
