/** A line of an ssh_config: its keyword as written, where it begins, and what stands behind it; undefined for none. */
export interface ConfigLine {
  readonly keyword: string
  readonly column: number // from 1
  readonly rest: string
}

/** Keyword and rest, parted by blanks or one `=`, as OpenSSH's strdelim does. */
export function configLine(text: string): ConfigLine | undefined {
  const found = /^([ \t]*)([^ \t=#][^ \t=]*)(?:[ \t]*=[ \t]*|[ \t]+|$)(.*)$/s.exec(withoutEnd(text))
  if (!found) return undefined
  const [, indent = '', keyword = '', rest = ''] = found
  return { keyword, column: indent.length + 1, rest }
}

/** Not by a regular expression: one tries anew at each of a million blanks. */
function withoutEnd(text: string): string {
  let end = text.length
  while (end > 0 && ' \t\r\n\f'.includes(text[end - 1] ?? '')) end -= 1
  return text.slice(0, end)
}

/**
 * The words of a line as OpenSSH's argv_split cuts them: quotes of both kinds, a backslash before a quote, a backslash
 * or a blank, and `#` at the beginning of a word ends the line. Undefined: a quote is not closed.
 */
export function configWords(text: string): readonly string[] | undefined {
  const words: string[] = []
  let at = 0
  for (;;) {
    while (text[at] === ' ' || text[at] === '\t') at += 1
    if (at >= text.length || text[at] === '#') return words
    const word = oneWord(text, at)
    if (!word) return undefined
    words.push(word.text)
    at = word.end
  }
}

function oneWord(text: string, start: number): { readonly text: string; readonly end: number } | undefined {
  let word = ''
  let quote = ''
  let at = start
  for (; at < text.length; at += 1) {
    const character = text[at] ?? ''
    const next = text[at + 1] ?? ''
    const isEscape = character === '\\' && next !== '' && (`'"\\`.includes(next) || (quote === '' && next === ' '))
    if (isEscape) {
      word += next
      at += 1
    } else if (quote === '' && (character === ' ' || character === '\t')) break
    else if (quote === '' && (character === '"' || character === "'")) quote = character
    else if (quote !== '' && character === quote) quote = ''
    else word += character
  }
  return quote === '' ? { text: word, end: at } : undefined
}

/** Words of a Match line: parted by blanks, `=` or in double quotes. Undefined: a quote is not closed. */
export function matchWords(text: string): readonly string[] | undefined {
  const words: string[] = []
  const next = /(?:"([^"]*)"|([^ \t="]+))(?:[ \t]*=[ \t]*|[ \t]+|$)/y
  next.lastIndex = text.length - text.trimStart().length
  while (next.lastIndex < text.length && text[next.lastIndex] !== '#') {
    const found = next.exec(text)
    if (!found) return undefined
    words.push(found[1] ?? found[2] ?? '')
  }
  return words
}
