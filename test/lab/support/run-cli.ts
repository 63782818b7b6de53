import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import { execLab } from '../../../lab/lab.ts'
import { labPaths } from '../../../lab/paths.ts'
import type { Outcome } from '../../../lab/run-tool.ts'
import type { LabSettings } from '../../../lab/settings.ts'

const checkout = path.resolve(import.meta.dirname, '../../..')

/** The command line on the lab's hosts: run inside the lab's network, with its inventory and a state folder of its own. */
export interface Cli {
  readonly stateDir: string
  run(...args: readonly string[]): Promise<Outcome>
}

export function cliFor(settings: LabSettings): Cli {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'runbook-state-'))
  afterAll(() => rmSync(stateDir, { recursive: true }))
  const main = path.join(checkout, 'src/main.ts')
  const fixed = ['-i', labPaths(settings.stateDir).inventory, '--state-dir', stateDir]
  const run: Cli['run'] = (command, ...args) =>
    execLab([process.execPath, main, command ?? '', ...fixed, ...args], settings)
  return { stateDir, run }
}
