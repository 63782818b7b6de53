import { markdownTable, markdownText } from './markdown.ts'
import { differenceRows, functionRows, type ProfileShown, percentText, totalText } from './profile-text.ts'

/** A profile as Markdown, for a ticket: what it did most, and with `before` what differs most. */
export function profileMarkdown(shown: ProfileShown): string {
  const { profile, before, works } = shown
  const parts = [
    `**${markdownText(totalText(profile))}**`,
    ...(before ? [`before: ${markdownText(totalText(before))}`] : []),
    ...(works.length > 0
      ? [
          table([
            ['share', 'work', 'what it means'],
            ...works.map((one) => [percentText(one.share), one.work, one.means ?? '']),
          ]),
        ]
      : []),
    '## What took most',
    table(functionRows(shown)),
    ...(before ? ['## Greatest differences', table(differenceRows(profile, before))] : []),
  ]
  return `${parts.join('\n\n')}\n`
}

/** Names stand last; all else is ours. */
function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows.map((row) => [
    ...row.slice(0, -1).map((cell) => cell.trim()),
    markdownText(row.at(-1) ?? ''),
  ])
  return markdownTable(head, rest)
}
