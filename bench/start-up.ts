import { alternate } from './alternate.ts'
import { childEnv } from './child-env.ts'
import type { Contestant } from './contestant.ts'
import { ratioText, tableText } from './figures-text.ts'
import type { BenchOptions } from './options.ts'

/** `runbook --help` against a Node that does nothing, as whole processes. */
export async function measureStartUp({ program, rounds }: BenchOptions, folder: string): Promise<readonly string[]> {
  const at = { env: childEnv(folder), cwd: folder }
  const node: Contestant = {
    name: 'node -e 0',
    program: { argv: [process.execPath, '-e', '0'], ...at },
    complaint: () => undefined,
  }
  const help: Contestant = {
    name: 'runbook --help',
    program: { argv: [process.execPath, program, '--help'], ...at },
    complaint: (output) => (output.includes('plan') ? undefined : output),
  }
  const pair = [help, node]
  const between = (): Promise<void> => Promise.resolve()
  await alternate(pair, { rounds: 2, folder, between })
  const measured = await alternate(pair, { rounds, folder, between })
  return [
    tableText(measured),
    ratioText(measured, { of: help.name, to: node.name, limit: { kind: 'at-most', ratio: 2.5 } }),
  ]
}
