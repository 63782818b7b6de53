import { spawnSync } from 'node:child_process'
import path from 'node:path'
import type { ProgramRun, RunProgram } from '../load/inventory-program.ts'
import type { World } from './world.ts'

const DEADLINE_MS = 30_000 // for all calls of one program together; docs/inventory.md
const MAX_BYTES = 16 * 1024 * 1024 // of an answer

/**
 * Runs dynamic inventories with the caller's environment and folder, without a shell; a program that has not answered
 * in 30 s in all, or answers with more than 16 MiB, is killed.
 */
export function programRunner(world: Pick<World, 'env' | 'cwd' | 'monotonicMs'>): RunProgram {
  const began = new Map<string, number>()
  return (file, args) => {
    const start = began.get(file) ?? world.monotonicMs()
    began.set(file, start)
    const left = Math.ceil(start + DEADLINE_MS - world.monotonicMs())
    if (left <= 0) return { ok: false, message: TOO_SLOW }
    return outcomeOf(
      spawnSync(path.resolve(world.cwd, file), args, {
        cwd: world.cwd,
        env: world.env,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: left,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_BYTES,
      }),
    )
  }
}

const TOO_SLOW = `no answer within ${DEADLINE_MS / 1000} s`

function outcomeOf(ran: {
  readonly error?: Error & { readonly code?: unknown }
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer | null
  readonly stderr: Buffer | null
}): ProgramRun {
  const stderr = ran.stderr?.toString('utf8').trimEnd() ?? ''
  const detail = stderr === '' ? {} : { detail: stderr }
  if (ran.error?.code === 'ETIMEDOUT') return { ok: false, message: TOO_SLOW, ...detail }
  if (ran.error?.code === 'ENOBUFS')
    return { ok: false, message: `the answer is larger than ${MAX_BYTES / 2 ** 20} MiB` }
  if (ran.error) return { ok: false, message: `cannot be run: ${String(ran.error.code ?? ran.error.message)}` }
  if (ran.signal !== null) return { ok: false, message: `was ended by ${ran.signal}`, ...detail }
  if (ran.status !== 0) return { ok: false, message: `failed with exit code ${ran.status}`, ...detail }
  const stdout = new TextDecoder('utf-8', { fatal: true })
  try {
    return { ok: true, stdout: stdout.decode(ran.stdout ?? Buffer.alloc(0)) }
  } catch {
    return { ok: false, message: 'the answer is not UTF-8 text' }
  }
}
