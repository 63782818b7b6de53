import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** What a benchmark is asked for. */
export interface BenchOptions {
  readonly where: 'loopback' | 'lab'
  readonly rounds: number
  readonly ansibleRounds: number
  readonly program: string // main.js of a bundle, or main.ts
  readonly what: 'plan' | 'inventory' | 'receipts'
  readonly keep: boolean // the folder, to look at or to profile in
}

export const USAGE = `usage: npm run bench -- [--lab] [--rounds 11] [--ansible-rounds 3] [--program FILE] [--inventory | --receipts] [--keep]
  --lab   measure on h1 of a lab that is up (npm run lab -- up one) instead of a private sshd on this machine
  --program  main.js of the bundle to measure; default dist/main.js, or src/main.ts where nothing has been built
  --inventory  measure reading an inventory of 10,000 hosts instead of a plan
  --receipts  measure twenty changes with receipts and journal against the same without both, on this machine
  --keep     leave the folder with the runbook and the sshd's log, and say where it is`

/** Reads the words after \`npm run bench --\`; throws on words that it does not know. */
export function parseOptions(words: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      lab: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '11' },
      'ansible-rounds': { type: 'string', default: '3' },
      program: { type: 'string', default: builtProgram() },
      inventory: { type: 'boolean', default: false },
      receipts: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  })
  if (values.lab && values.receipts) throw new Error('--receipts is measured on this machine, without --lab')
  return {
    where: values.lab ? 'lab' : 'loopback',
    rounds: countOf(values.rounds, 1),
    ansibleRounds: countOf(values['ansible-rounds'], 0),
    program: resolve(values.program),
    what: values.inventory ? 'inventory' : values.receipts ? 'receipts' : 'plan',
    keep: values.keep,
  }
}

const CHECKOUT = dirname(import.meta.dirname)

/** The program as users run it: the bundle where it has been built, else the sources. */
export function builtProgram(): string {
  const bundle = join(CHECKOUT, 'dist', 'main.js')
  return existsSync(bundle) ? bundle : join(CHECKOUT, 'src', 'main.ts')
}

function countOf(text: string, least: number): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < least) throw new Error(`${text}: a whole number from ${least} is wanted`)
  return count
}
