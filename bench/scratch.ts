import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One folder of ours under the system's temporary folder, for everything a benchmark writes. */
export interface Scratch {
  readonly folder: string
  /** The absolute path of a new folder in it. */
  make(name: string): string
  remove(): void
}

export function openScratch(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-bench-'))
  const make = (name: string): string => {
    const path = join(folder, name)
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return path
  }
  return { folder, make, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
