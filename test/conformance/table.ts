import { ACCOUNT_CASES } from './account-cases.ts'
import { type Case, ROOT_CASES } from './cases.ts'
import { TRANSPORTS, type TransportName } from './rig.ts'

export const CASES: readonly Case[] = [...ROOT_CASES, ...ACCOUNT_CASES]

/** What a case came to on a transport: `ok`, `FAILED`, or why it does not apply. */
export type Cell = (one: Case, transport: TransportName) => string

/** The cell of a transport that does all that it must. */
export const asDocumented: Cell = (one, transport) => one.not?.[transport] ?? 'ok'

/** All cases by all transports, in Markdown. */
export function tableText(cell: Cell): string {
  const rows = CASES.map((one) => [one.group, one.name, ...TRANSPORTS.map((transport) => cell(one, transport))])
  return [['', 'case', ...TRANSPORTS], ['-', '-', '-', '-', '-'], ...rows]
    .map((row) => `| ${row.join(' | ')} |\n`)
    .join('')
}
