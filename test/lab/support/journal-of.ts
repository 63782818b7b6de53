import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { RecordedEvent } from '../../../src/model/event.ts'

/** The events of the newest run in a state folder, read without the program's own reader. */
export function parseRecords(stateDir: string): { readonly run: string; readonly records: readonly RecordedEvent[] } {
  const runs = path.join(stateDir, 'runs')
  const run = readdirSync(runs).sort().at(-1) ?? ''
  const lines = readFileSync(path.join(runs, run, 'run.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
  return { run, records: lines.map((line) => (JSON.parse(line) as { event: RecordedEvent }).event) } // the journal's format
}
