import { escapeLine } from '../model/escape.ts'

/** Text from elsewhere as Markdown that shows exactly it: no markup, no HTML, no table cell broken. */
export const markdownText = (text: string): string =>
  escapeLine(text)
    .replaceAll(/[\\`*[\]<>|~&]|(?<!\w)_|_(?!\w)/g, '\\$&')
    .replace(/^(\s*\d*)([#+.)-])/, '$1\\$2')

/** A table; cells are Markdown already. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** A fenced block around text from elsewhere; the fence is longer than any run of backticks in it. */
export function markdownBlock(text: string, language: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(Math.max(3, longest + 1))
  return `${fence}${language}\n${text}\n${fence}`
}
