import type { Problem } from '../../src/model/problem.ts'

/** Problems as golden files hold them: place, kind, message, and the hint below. */
export const problemText = (problems: readonly Problem[]): string => `${problems.map(oneText).join('\n')}\n`

function oneText({ kind, message, at, hint, host }: Problem): string {
  const place = at ? `${at.line}:${at.column}+${at.length} ` : ''
  const hostText = host === undefined ? '' : `${host}: `
  return `${place}${kind}: ${hostText}${message}${hint === undefined ? '' : `\n    ${hint}`}`
}
