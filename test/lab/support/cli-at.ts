import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { execLab } from '../../../lab/lab.ts'
import { labPaths } from '../../../lab/paths.ts'
import type { Argv, Outcome } from '../../../lab/run-tool.ts'
import type { LabSettings } from '../../../lab/settings.ts'
import { requireState } from '../../../lab/state.ts'
import { networkArgv } from '../../../lab/supervisor.ts'

const sources = path.resolve(import.meta.dirname, '../../../src/main.ts')

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

export interface CliOptions {
  readonly settings: LabSettings
  readonly stateDir: string
  readonly inventory?: string // the lab's own where none is given
  readonly nodeArguments?: readonly string[]
  readonly main?: string // the sources where none is given
}

/** The command line with a state folder that is the caller's. */
export function cliAt({ settings, stateDir, inventory, nodeArguments = [], main = sources }: CliOptions): Cli {
  const fixed = ['-i', inventory ?? labPaths(settings.stateDir).inventory, '--state-dir', stateDir]
  const argvOf = ([command = '', ...args]: readonly string[]): Argv => [
    process.execPath,
    ...nodeArguments,
    main,
    command,
    ...fixed,
    ...args,
  ]
  const inNetwork = (args: readonly string[]): Argv => networkArgv(requireState(settings).init, argvOf(args))
  const run: Cli['run'] = (...args) => execLab(argvOf(args), settings)
  const runUntil: Cli['runUntil'] = async (records, ...args) => {
    const [tool, ...words] = inNetwork(args)
    const [before, child] = [newestRun(stateDir), spawn(tool, words, { stdio: 'ignore' })]
    const ended = once(child, 'exit')
    while (child.exitCode === null && recordsOf(stateDir, before) < records) await delay(2)
    const state = child.exitCode === null ? 'killed' : 'ended'
    child.kill('SIGKILL')
    await ended
    return state
  }
  const start: Cli['start'] = (...args) => {
    const [tool, ...words] = inNetwork(args)
    const child = spawn(tool, words, { stdio: ['ignore', 'pipe', 'pipe'] })
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
export function recordsOf(stateDir: string, before: string | undefined): number {
  const run = newestRun(stateDir)
  const file = path.join(stateDir, 'runs', run ?? '', 'run.jsonl')
  return run === undefined || run === before || !existsSync(file)
    ? 0
    : readFileSync(file, 'utf8').split('\n').length - 1
}

/** Waits until the program says something. Fails where it ends before. */
export async function untilSaid(started: Started, text: string): Promise<void> {
  let isOver = false
  void started.ended.then(() => {
    isOver = true
  })
  while (!started.said().includes(text)) {
    if (isOver) throw new Error(`it ended without saying "${text}":\n${started.said()}`)
    await delay(20)
  }
}
