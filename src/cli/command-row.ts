import type { Command } from './command.ts'
import type { Option } from './option-table.ts'

/** What help, the parser and docs/cli.md know of one command. */
export interface CommandRow {
  readonly kind: Command['kind']
  readonly group: 'Look' | 'Do' | 'Look back' | 'Hosts' | 'Language'
  readonly args: readonly { readonly spelling: string; readonly help: string }[]
  readonly summary: string
  readonly options: readonly Option[]
  readonly examples: readonly string[]
}

/** The argument that names a runbook. */
export const RUNBOOK = { spelling: '<runbook>', help: 'name of a runbook, or its file' }
