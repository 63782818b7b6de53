/** The width that plain output is made for. */
export const WIDTH = 80

/** `text` with every line after `margin`; empty lines stay empty. */
export const indent = (text: string, margin: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : margin + line))
    .join('\n')

/** Items with commas between, on lines of at most WIDTH characters, later lines under the first item; none is broken. */
export const wrap = (items: readonly string[], first: string): string => wrapWords(punctuated(items, ','), first)

/** Groups of items, `between` them a bar: "a, b | c". */
export const wrapGroups = (groups: readonly (readonly string[])[], first: string): string =>
  wrapWords(
    punctuated(
      groups.map((items) => punctuated(items, ',')),
      ' |',
    ),
    first,
  )

/** As given for all but the last: each item, or each group's last item, with `mark` behind it. */
function punctuated(items: readonly (string | readonly string[])[], mark: string): readonly string[] {
  return items.flatMap((item, index) => {
    const words = typeof item === 'string' ? [item] : item
    return index < items.length - 1 ? [...words.slice(0, -1), (words.at(-1) ?? '') + mark] : words
  })
}

function wrapWords(words: readonly string[], first: string): string {
  const margin = ' '.repeat(cellsOf(first))
  const lines: string[] = []
  let line = first
  for (const [index, word] of words.entries()) {
    const fits = cellsOf(line) + 1 + cellsOf(word) <= WIDTH
    if (index > 0 && !fits) lines.push(line)
    line = index === 0 ? line + word : fits ? `${line} ${word}` : margin + word
  }
  return [...lines, line].join('\n')
}

/** Columns that text takes on a terminal: East Asian wide characters and emoji two, combining marks none. */
export const cellsOf = (text: string): number =>
  [...text].reduce((sum, one) => sum + (COMBINING.test(one) ? 0 : WIDE.test(one) ? 2 : 1), 0)

const COMBINING = /^\p{M}$/u
const WIDE =
  /^[\u{1100}-\u{115f}\u{2e80}-\u{a4cf}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u

/** Rows with columns padded to their widest cell, two spaces between; no spaces at line ends. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const count = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)))
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** "1 step", "2 steps". */
export const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`

/** Text on lines of at most WIDTH characters. */
export const wrapText = (text: string): string => wrapWords(text.split(' '), '')
