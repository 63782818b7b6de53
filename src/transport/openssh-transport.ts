import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Connection, Endpoint, Transport } from '../model/transport.ts'
import type { Channel, ChannelListener } from './channel.ts'
import { createConnection, type Line } from './connection.ts'
import { createLimit } from './limit.ts'
import { newNonceFrom, type RandomBytes } from './nonce.ts'
import {
  controlArguments,
  explainArguments,
  masterArguments,
  parseResolved,
  resolveArguments,
  SSH,
  sessionArguments,
} from './openssh-arguments.ts'
import { noSsh, opensshProblem } from './openssh-problem.ts'

const loginsInFlight = 16
const lastWordsBytes = 65_536

/**
 * Hosts by the system's ssh with all that it can: certificates, hardware keys, any ssh_config. One master per host,
 * whose socket lies in a folder that only we may enter; shells run over it. An exit code of 255 may be ssh's own or
 * the host's: only what came back in frames counts.
 */
export function createOpensshTransport(options: { readonly randomBytes: RandomBytes }): Transport {
  const limited = createLimit(loginsInFlight)
  return { open: (endpoint) => limited(() => open(endpoint, options.randomBytes)) }
}

async function open(given: Endpoint, randomBytes: RandomBytes): Promise<Connection> {
  const printed = await runSsh(given, resolveArguments(given))
  if (printed.code !== 0) throw opensshProblem(given, printed.stderr)
  const resolved = parseResolved(printed.stdout)
  const endpoint = { ...given, user: resolved.user, address: resolved.address, port: resolved.port }
  const folder = await mkdtemp(join(socketRoot(), 'runbook-'))
  const socket = join(folder, 's')
  const master = await runSsh(endpoint, masterArguments(given, socket, resolved), endpoint.connectTimeoutMs * 2)
  if (master.code !== 0) {
    await rm(folder, { recursive: true, force: true })
    throw opensshProblem(endpoint, await complaint(given, master.stderr))
  }
  return createConnection(endpoint, createLine(endpoint, folder, socket), newNonceFrom(randomBytes))
}

/** What ssh said; where a host on the way is to blame, it says so only when asked again. */
async function complaint(given: Endpoint, said: string): Promise<string> {
  if (said === '') return 'it did not finish the login in time'
  if (!said.includes('UNKNOWN port 65535')) return said
  const again = await runSsh(given, explainArguments(given), given.connectTimeoutMs)
  return again.stderr || said
}

// A socket's path holds at most 104 bytes, and ssh adds 17 of its own while it makes one.
const socketRoot = (): string => (tmpdir().length <= 60 ? tmpdir() : '/tmp')

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** In a session of its own: a Ctrl-C is not for it, and it has no terminal to ask on. */
async function runSsh(endpoint: Endpoint, args: readonly string[], limitMs?: number): Promise<Ended> {
  const [program, ...words] = SSH
  const child = spawn(program, [...words, ...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const timer = limitMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), limitMs)
  try {
    return await ending(child, args.includes('-N') ? 'stays' : 'ends')
  } catch (error) {
    throw noSsh(endpoint, String(error))
  } finally {
    clearTimeout(timer)
  }
}

/** A master that goes into the background when it is logged in holds its streams: its exit is the end, not theirs. */
function ending(child: ChildProcessByStdio<null, Readable, Readable>, after: 'ends' | 'stays'): Promise<Ended> {
  const text = { stdout: '', stderr: '' }
  const keep = (stream: 'stdout' | 'stderr') => (chunk: Buffer) => {
    if (text[stream].length < lastWordsBytes) text[stream] += chunk.toString()
  }
  child.stdout.on('data', keep('stdout'))
  child.stderr.on('data', keep('stderr'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...text }))
    child.once('exit', (code) => {
      if (code !== null && (code !== 0 || after === 'ends')) return // its last words are still to come
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ code, ...text })
    })
  })
}

function createLine(endpoint: Endpoint, folder: string, socket: string): Line {
  let loss: string | undefined
  const check = async (): Promise<void> => {
    const { code } = await runSsh(endpoint, controlArguments(socket, 'check'))
    if (code !== 0) loss ??= 'the connection that ssh kept has ended'
  }
  return {
    lossOf: () => loss,
    openChannel: (command, listener) => openChannel(socket, command, { listener, check }),
    close: async () => {
      await runSsh(endpoint, controlArguments(socket, 'exit'))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface Attended {
  readonly listener: ChannelListener
  readonly check: () => Promise<void> // whether the master still stands
}

function openChannel(socket: string, command: string, { listener, check }: Attended): Promise<Channel> {
  const [program, ...words] = SSH
  const child = spawn(program, [...words, ...sessionArguments(socket, command)], { stdio: 'pipe', detached: true })
  child.stdout.on('data', listener.stdout)
  child.stderr.on('data', listener.stderr)
  child.stdin.on('error', () => {}) // it ended before it read all: `close` tells
  child.once('close', (code, signal) => {
    const end = { ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) }
    if (code === 255) void check().finally(() => listener.ended(end))
    else listener.ended(end)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () =>
      resolve({
        write: (bytes) => child.stdin.write(bytes),
        end: () => child.stdin.end(),
        close: () => child.kill('SIGTERM'),
      }),
    )
  })
}
