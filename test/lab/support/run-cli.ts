import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll } from 'vitest'
import { execLab } from '../../../lab/lab.ts'
import { labPaths } from '../../../lab/paths.ts'
import type { Outcome } from '../../../lab/run-tool.ts'
import type { LabSettings } from '../../../lab/settings.ts'
import { requireState } from '../../../lab/state.ts'
import { networkArgv } from '../../../lab/supervisor.ts'

const checkout = path.resolve(import.meta.dirname, '../../..')

/** The command line on the lab's hosts: run inside the lab's network, with its inventory and a state folder of its own. */
export interface Cli {
  readonly stateDir: string
  run(...args: readonly string[]): Promise<Outcome>
  /** Kills the program (SIGKILL) as soon as its journal has that many records; tells whether it was still running. */
  runUntil(records: number, ...args: readonly string[]): Promise<'killed' | 'ended'>
  /** Starts the program; its streams are read as they come. */
  start(...args: readonly string[]): Started
}

export interface Started {
  readonly said: () => string // both streams, so far
  readonly signal: (name: NodeJS.Signals) => void
  readonly ended: Promise<number | null>
}

export function cliFor(settings: LabSettings): Cli {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'runbook-state-'))
  afterAll(() => rmSync(stateDir, { recursive: true }))
  const main = path.join(checkout, 'src/main.ts')
  const fixed = ['-i', labPaths(settings.stateDir).inventory, '--state-dir', stateDir]
  const run: Cli['run'] = (command, ...args) =>
    execLab([process.execPath, main, command ?? '', ...fixed, ...args], settings)
  const runUntil: Cli['runUntil'] = async (records, command, ...args) => {
    const argv = networkArgv(requireState(settings).init, [process.execPath, main, command ?? '', ...fixed, ...args])
    const [before, child] = [newestRun(stateDir), spawn(argv[0], argv.slice(1), { stdio: 'ignore' })]
    const ended = once(child, 'exit')
    while (child.exitCode === null && recordsOf(stateDir, before) < records) await delay(2)
    const state = child.exitCode === null ? 'killed' : 'ended'
    child.kill('SIGKILL')
    await ended
    return state
  }
  const start: Cli['start'] = (command, ...args) => {
    const argv = networkArgv(requireState(settings).init, [process.execPath, main, command ?? '', ...fixed, ...args])
    const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
    return {
      said: () => said,
      signal: (name) => child.kill(name),
      ended: once(child, 'close').then(() => child.exitCode),
    }
  }
  return { stateDir, run, runUntil, start }
}

const newestRun = (stateDir: string): string | undefined =>
  existsSync(path.join(stateDir, 'runs')) ? readdirSync(path.join(stateDir, 'runs')).sort().at(-1) : undefined

/** How many whole records the newest run has, where it is newer than `before`. */
function recordsOf(stateDir: string, before: string | undefined): number {
  const run = newestRun(stateDir)
  const file = path.join(stateDir, 'runs', run ?? '', 'run.jsonl')
  return run === undefined || run === before || !existsSync(file)
    ? 0
    : readFileSync(file, 'utf8').split('\n').length - 1
}
