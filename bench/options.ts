import { parseArgs } from 'node:util'

/** What a benchmark is asked for. */
export interface BenchOptions {
  readonly where: 'loopback' | 'lab'
  readonly rounds: number
  readonly ansibleRounds: number
  readonly keep: boolean // the folder, to look at or to profile in
}

export const USAGE = `usage: npm run bench -- [--lab] [--rounds 11] [--ansible-rounds 3] [--keep]
  --lab   measure on h1 of a lab that is up (npm run lab -- up one) instead of a private sshd on this machine`

/** Reads the words after \`npm run bench --\`; throws on words that it does not know. */
export function parseOptions(words: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      lab: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '11' },
      'ansible-rounds': { type: 'string', default: '3' },
      keep: { type: 'boolean', default: false },
    },
  })
  return {
    where: values.lab ? 'lab' : 'loopback',
    rounds: countOf(values.rounds, 1),
    ansibleRounds: countOf(values['ansible-rounds'], 0),
    keep: values.keep,
  }
}

function countOf(text: string, least: number): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < least) throw new Error(`${text}: a whole number from ${least} is wanted`)
  return count
}
