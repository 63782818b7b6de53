import { PassThrough } from 'node:stream'
import { makeSecretKeeper } from '../../src/cli/secret-keeper.ts'
import type { World } from '../../src/cli/world.ts'

export interface FakeWorld extends World {
  readonly told: () => { readonly stdout: string; readonly stderr: string }
  readonly type: (keys: string) => void
  readonly interrupt: () => void
  readonly exits: readonly number[]
}

/** A world of streams in memory; `terminal` says whether they claim to be one. */
export function fakeWorld(more: Partial<World> & { readonly terminal?: 'yes' | 'no' } = {}): FakeWorld {
  const { terminal = 'no', ...rest } = more
  const isTTY = terminal === 'yes'
  const texts = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr'): NodeJS.WriteStream => {
    const stream = new PassThrough().on('data', (chunk: Buffer) => {
      texts[name] += String(chunk)
    })
    return Object.assign(stream, { isTTY, columns: 80, rows: 24 }) as unknown as NodeJS.WriteStream // what is used of one
  }
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => stdin }) as unknown as NodeJS.ReadStream // as above
  const listeners = new Set<() => void>()
  const exits: number[] = []
  return {
    argv: [],
    env: {},
    cwd: '/nowhere',
    homeFolder: '/nowhere/home',
    userName: 'ada',
    machineName: 'controller',
    pid: 4711,
    packageFolder: '/nowhere/package',
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    stdin,
    now: () => new Date('2026-11-21T10:00:00.000Z'),
    monotonicMs: () => 0,
    randomBytes: (size) => Buffer.alloc(size),
    onInterrupt: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    dropEnv: () => undefined,
    secrets: makeSecretKeeper(),
    vaultPasswords: [],
    exitNow: (code) => exits.push(code),
    ...rest,
    told: () => ({ ...texts }),
    type: (keys) => stdin.push(keys),
    interrupt: () => {
      for (const listener of listeners) listener()
    },
    exits,
  }
}
