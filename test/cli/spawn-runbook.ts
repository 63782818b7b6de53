import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export const ROOT = path.join(import.meta.dirname, '../..')

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Where {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly program?: string // another build of it
  readonly signal?: AbortSignal // kills it, as kill -9 does
}

/** Runs the program as a user would, in `cwd`, with a home of its own; `env` adds to a nearly empty environment. */
export function runbook(
  args: readonly string[],
  { cwd = ROOT, env = {}, program = path.join(ROOT, 'src/main.ts'), signal }: Where = {},
): Promise<Ran> {
  const home = env.HOME ?? emptyFolder()
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: home, XDG_CACHE_HOME: path.join(tmpdir(), 'runbook-test-cache'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    killSignal: 'SIGKILL',
    ...(signal ? { signal } : {}),
  })
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => {
      if (code === null) reject(new Error(`ended by ${signal}`))
      else resolve({ code, ...text })
    })
  })
}

export const emptyFolder = (): string => mkdtempSync(path.join(tmpdir(), 'runbook-test-'))
