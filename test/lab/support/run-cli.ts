import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import type { LabSettings } from '../../../lab/settings.ts'
import { type Cli, cliAt } from './cli-at.ts'

export type { Cli, Started } from './cli-at.ts'

/** The command line on the lab's hosts, with a state folder that goes with the tests. */
export function cliFor(settings: LabSettings): Cli {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'runbook-state-'))
  afterAll(() => rmSync(stateDir, { recursive: true }))
  return cliAt({ settings, stateDir })
}
