import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Temporary folders of a test run lie in one that goes when it ends, however many of them its tests leave. */
export function setup(): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'runbook-tests-'))
  process.env.TMPDIR = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
