import path from 'node:path'
import { alternate } from './alternate.ts'
import { childEnv } from './child-env.ts'
import type { Contestant } from './contestant.ts'
import { ratioText, tableText } from './figures-text.ts'
import type { BenchOptions } from './options.ts'

const ROOT = path.join(import.meta.dirname, '..')

/** As whole processes: `runbook --help` against a Node that does nothing, `runbook validate` against `runbook --version`. */
export async function measureStartUp({ program, rounds }: BenchOptions, folder: string): Promise<readonly string[]> {
  const env = childEnv(folder)
  const runs = (name: string, words: readonly string[], said: string): Contestant => ({
    name,
    program: { argv: [process.execPath, ...words], env, cwd: ROOT },
    complaint: (output) => (output.includes(said) ? undefined : output),
  })
  const node = runs('node -e 0', ['-e', '0'], '')
  const help = runs('runbook --help', [program, '--help'], 'plan')
  const version = runs('runbook --version', [program, '--version'], 'runbook')
  const validate = runs('runbook validate', [program, 'validate'], 'ok')
  const all = [help, node, validate, version]
  const between = (): Promise<void> => Promise.resolve()
  await alternate(all, { rounds: 2, folder, between })
  const measured = await alternate(all, { rounds, folder, between })
  return [
    tableText(measured),
    ratioText(measured, { of: help.name, to: node.name, limit: { kind: 'at-most', ratio: 2.5 } }),
    ratioText(measured, { of: validate.name, to: version.name, limit: { kind: 'at-most', ratio: 3 } }),
    ratioText(measured, { of: validate.name, to: node.name, limit: { kind: 'at-most', ratio: 3 } }),
  ]
}
