import assert from 'node:assert/strict'
import path from 'node:path'
import type { Outcome } from '../../lab/run-tool.ts'
import type { RecordedEvent } from '../../src/model/event.ts'
import type { Started } from '../lab/support/cli-at.ts'
import { parseRecords } from '../lab/support/journal-of.ts'
import type { Rig } from './scenario.ts'
import { EFFECT_LOG } from './workload.ts'

// What network and host scenarios have in common: a step that counts its effects, and ways to look at a run.

export const GO: readonly string[] = ['--yes', '--allow-irreversible', '-v']

const NOTE = `mkdir -p ${path.dirname(EFFECT_LOG)}; note() { echo $(date +%s.%N) $1 slow >>${EFFECT_LOG}; }`

/** What the slow step notes of itself for who judges the run. */
export const SLOW_EFFECTS: readonly { readonly step: string; readonly what: string }[] = [
  { step: 'slow', what: 'begin slow' },
  { step: 'slow', what: 'end slow' },
]

/** Counts on its host that it ran, and prints a line a second. */
export const slowBook = ({ host }: Rig, seconds: number, timeout = '120s'): string => `name: slow
summary: A command that takes its time
hosts: ${host}
become: true
steps:
  - id: slow
    name: Take the time
    shell: {script: "${NOTE}; echo run >>/srv/effects; note begin; i=0; while [ $i -lt ${seconds} ]; do i=$((i + 1)); echo line $i; sleep 1; done; note end"}
    irreversible: true
    timeout: ${timeout}
    as: slow
`

/** Replaces a file by 64 KB. */
export const fileBook = ({ host }: Rig, file: string): string => `name: config
summary: A file that does not fit
hosts: ${host}
become: true
steps:
  - file: {path: ${file}, content: "${'0123456789abcdef'.repeat(4000)}"}
`

export const linesTo = (count: number): string =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}`).join('\n')

export const recordsIn = (rig: Rig): readonly RecordedEvent[] => parseRecords(rig.cli.stateDir).records

/** What the steps that ended gave, in their order. */
export const outputsIn = (rig: Rig): readonly unknown[] =>
  recordsIn(rig).flatMap((event) =>
    event.type === 'step-finished' && event.output !== undefined ? [event.output] : [],
  )

export async function endsWith(started: Started, code: number): Promise<void> {
  assert.equal(await started.ended, code, started.said())
}

export function assertCode(outcome: Outcome, code: number): void {
  assert.equal(outcome.code, code, `${outcome.stdout}${outcome.stderr}`)
}

export const effects = (rig: Rig): Promise<string> => rig.onHost('cat /srv/effects 2>/dev/null; true')

/** Processes on the host that belong to a step. */
export const stepProcesses = (rig: Rig): Promise<string> =>
  rig.onHost('grep -lsF RUNBOOK_STEP=/ /proc/[0-9]*/environ; true')

/** The slow step has run once, and all that it printed is kept. */
export async function ranOnce(rig: Rig, seconds: number): Promise<void> {
  assert.deepEqual(stdouts(rig), [linesTo(seconds)])
  assert.equal(await effects(rig), 'run\n')
}

/** What the steps that ended have printed. */
export const stdouts = (rig: Rig): readonly unknown[] =>
  outputsIn(rig).map((output) => (output as { stdout?: unknown }).stdout) // of shell
