#!/usr/bin/env node
import { randomBytes } from 'node:crypto'
import module from 'node:module'
import { homedir, hostname, userInfo } from 'node:os'
import path from 'node:path'
import type { Outside } from './cli/world.ts'

const OLDEST_NODE = 24 // type stripping, process.report.excludeEnv, import.meta.dirname
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The outside as the program sees it. */
const theWorld = (): Outside => ({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  homeFolder: homeFolder(),
  userName: userName(),
  machineName: hostname(),
  pid: process.pid,
  packageFolder: path.join(import.meta.dirname, '..'),
  stdout: process.stdout,
  stderr: process.stderr,
  get stdin() {
    return process.stdin // opened when it is asked for: 2 ms
  },
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  randomBytes,
  onInterrupt: (listener) => {
    for (const signal of STOP_SIGNALS) process.on(signal, listener)
    return () => {
      for (const signal of STOP_SIGNALS) process.off(signal, listener)
    }
  },
  dropEnv: (name) => {
    delete process.env[name]
  },
  exitNow: (code) => process.exit(code),
})

const homeFolder = (): string => process.env.HOME || homedir()

/** The name of who runs this; a user id without an entry in the password file has none. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return process.env.USER ?? 'root'
  }
}

async function main(): Promise<void> {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    process.stderr.write(`error: runbook needs Node ${OLDEST_NODE} or later; this is ${process.version}\n`)
    process.exitCode = 3
    return
  }
  process.umask(0o077)
  process.report.excludeEnv = true
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreBrokenPipe)
  process.on('uncaughtException', endOnDefect)
  module.enableCompileCache(cacheFolder())
  process.exitCode = 1 // should everything end without an answer
  const { runCli } = await import('./cli/run-cli.ts')
  process.exitCode = await runCli(theWorld())
}

/** Not the system's temporary folder, Node's default: there, others could leave code for us to run. */
const cacheFolder = (): string =>
  path.join(process.env.XDG_CACHE_HOME || path.join(homeFolder(), '.cache'), 'runbook', 'compiled')

/** What no code of ours caught: a defect, told without the heap of source text that Node would print. */
function endOnDefect(error: Error): void {
  const isVerbose = process.argv.some((word) => word === '-v' || word === '--verbose')
  const why = isVerbose
    ? (error.stack ?? error.message)
    : `${error.message}\n  try: this is a defect of runbook; \`-v\` shows where`
  process.stderr.write(`error[internal]: ${why}\n`)
  process.exit(1)
}

/** A reader that has seen enough (`runbook apply | head`) must not stop a run half-way. */
function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

void main()
