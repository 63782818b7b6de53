import { type SpawnOptions, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { LabError } from './lab-error.ts'
import { toolPath } from './tool-path.ts'

/** How a command ended; `code` is 128 + N after signal N, as a shell has it. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export type Argv = readonly [string, ...string[]]

/** Runs a tool to its end with nothing but PATH and a plain locale as environment; never fails on an exit code. */
export function runTool(argv: Argv, options: { readonly input?: string } = {}): Promise<Outcome> {
  const [tool, ...args] = argv
  const child = spawn(tool, args, { env: toolEnv(), stdio: ['pipe', 'pipe', 'pipe'] })
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.stdin.on('error', () => undefined).end(options.input ?? '')
    child.on('error', (error) => reject(cannotRun(tool, error)))
    child.on('close', (code, signal) => resolve({ code: exitCode(code, signal), stdout, stderr }))
  })
}

/** Runs a tool that has to succeed, and gives its standard output; `doing` opens the message when it does not. */
export async function mustRun(argv: Argv, doing: string): Promise<string> {
  const { code, stdout, stderr } = await runTool(argv)
  if (code === 0) return stdout
  throw new LabError(`${doing}: ${argv[0]} ended with ${code}\n${(stderr || stdout).trimEnd()}`)
}

/** Runs a command on the caller's own terminal, environment and folder, hands signals on, and gives its exit code. */
export function passThrough(argv: Argv, options: SpawnOptions = {}): Promise<number> {
  const [tool, ...args] = argv
  const child = spawn(tool, args, { ...options, stdio: 'inherit' })
  const handOn = (signal: NodeJS.Signals) => void child.kill(signal)
  const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']
  for (const signal of signals) process.on(signal, handOn)
  return new Promise<number>((resolve, reject) => {
    child.on('error', (error) => reject(cannotRun(tool, error)))
    child.on('close', (code, signal) => resolve(exitCode(code, signal)))
  }).finally(() => {
    for (const signal of signals) process.off(signal, handOn)
  })
}

/** The environment of the lab's own tools and daemons: nothing of the caller's but the way to the tools. */
export function toolEnv(): NodeJS.ProcessEnv {
  return { PATH: toolPath(process.env.PATH), LANG: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' }
}

function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}

function cannotRun(tool: string, error: NodeJS.ErrnoException): LabError {
  const missing = error.code === 'ENOENT'
  return new LabError(missing ? `${tool} is not on PATH (see: npm run lab -- doctor)` : `${tool}: ${error.message}`)
}
