/** A word of a line, without its quotes, and where it is. */
export interface IniWord {
  readonly text: string
  readonly start: number // offset in the line
  readonly end: number
}

export type IniWords =
  | { readonly ok: true; readonly words: readonly IniWord[]; readonly comment?: number } // where a comment cut a word
  | { readonly ok: false; readonly message: string; readonly at: number }

interface Scan {
  readonly words: IniWord[]
  text: string
  start: number // of the word being read; -1: none
}

/**
 * Splits a line as Python's shlex.split(line, comments=True), which Ansible splits the lines of hosts with: quotes, a
 * backslash before a character, and `#`, which begins a comment even in the middle of a word.
 */
export function splitIniWords(line: string): IniWords {
  const scan: Scan = { words: [], text: '', start: -1 }
  let at = 0
  while (at < line.length) {
    const char = line.charAt(at)
    if (char === '#') {
      const cut = scan.start >= 0 ? { comment: at } : {}
      endWord(scan, at)
      return { ok: true, words: scan.words, ...cut }
    }
    if (/[ \t\r\n]/.test(char)) {
      endWord(scan, at)
      at += 1
      continue
    }
    if (scan.start < 0) scan.start = at
    const next = char === '"' || char === "'" ? readQuoted(scan, line, at) : readPlain(scan, line, at)
    if (typeof next !== 'number') return next
    at = next
  }
  endWord(scan, at)
  return { ok: true, words: scan.words }
}

function endWord(scan: Scan, end: number): void {
  if (scan.start >= 0) scan.words.push({ text: scan.text, start: scan.start, end })
  scan.text = ''
  scan.start = -1
}

type Fault = IniWords & { readonly ok: false }

function readPlain(scan: Scan, line: string, at: number): number | Fault {
  if (line.charAt(at) !== '\\') {
    scan.text += line.charAt(at)
    return at + 1
  }
  if (at + 1 >= line.length) return { ok: false, message: 'nothing follows the backslash', at }
  scan.text += line.charAt(at + 1)
  return at + 2
}

/** In double quotes a backslash is text, but before another one and before a quote. */
function readQuoted(scan: Scan, line: string, open: number): number | Fault {
  const quote = line.charAt(open)
  for (let at = open + 1; at < line.length; at += 1) {
    const char = line.charAt(at)
    if (char === quote) return at + 1
    const escaped = quote === '"' && char === '\\' && /["\\]/.test(line.charAt(at + 1))
    if (escaped) at += 1
    scan.text += line.charAt(at)
  }
  return { ok: false, message: `the quote ${quote} is not closed`, at: open }
}
