import { isWaivable, type RulePage } from '../model/rule.ts'
import { columns, indent, wrapText } from './layout.ts'
import type { Style } from './style.ts'

/** Rules as a table: id, severity, what is wrong. */
export const ruleListText = (pages: readonly RulePage[], style: Style): string =>
  columns(pages.map(({ id, severity, title }) => [id, severity, title]))
    .map((line, at) => line.replace(pages[at]?.id ?? '', (id) => style.bold(id)))
    .map((line) => `${line}\n`)
    .join('')

/** One rule for a terminal: what is wrong, why it matters, an example of each, and the comment that waives it. */
export function ruleText(page: RulePage, style: Style): string {
  const { id, severity, title, why, wrong, right } = page
  return [
    `${style.bold(id)} (${severity}): ${title}`,
    wrapText(why),
    `${style.bold('Wrong')}\n${indent(wrong.trimEnd(), '  ')}`,
    `${style.bold('Right')}\n${indent(right.trimEnd(), '  ')}`,
    ...(isWaivable(page) ? [`${style.bold('Allow it')}\n  # runbook: allow ${id} because ...`] : []),
  ]
    .join('\n\n')
    .concat('\n')
}

/** The same as a page of the documentation. */
export function ruleMarkdown(page: RulePage): string {
  const { id, severity, title, why, wrong, right } = page
  const waiver = isWaivable(page)
    ? ['', 'On the line of the step, or on the one above:', '', '```yaml', `# runbook: allow ${id} because ...`, '```']
    : ['', 'It cannot be allowed by a comment.']
  return [
    `# ${id}`,
    '',
    `${severity}: ${title}`,
    '',
    why,
    '',
    '```yaml',
    '# wrong',
    wrong.trimEnd(),
    '```',
    '',
    '```yaml',
    '# right',
    right.trimEnd(),
    '```',
    ...waiver,
    '',
  ].join('\n')
}
