import { createHash } from 'node:crypto'
import { connect, createServer, type Server } from 'node:net'
import { ProblemError } from '../model/problem.ts'

/** Who holds a lock, told to whoever finds it taken. */
export interface LockOwner {
  readonly what: string // "apply of etcd-tune-timeouts, run 01J..."
  readonly user: string
  readonly pid: number
  readonly since: string // ISO 8601
}

export interface Lock {
  release(): Promise<void>
}

const ANSWER_MS = 1000
const ANSWER_BYTES = 4096

/**
 * Takes the lock of that name on this controller, or throws ProblemError kind locked, naming who holds it. It is an
 * abstract socket (unix(7)): the kernel gives it back when its holder ends, however that ends, and no timer ever steals
 * it. Held within this machine and network namespace; where there are no abstract sockets (not Linux) nothing is held.
 */
export async function takeLock(name: string, owner: LockOwner): Promise<Lock> {
  const address = `\0runbook-${createHash('sha256').update(name).digest('hex')}`
  const server = createServer((socket) => {
    socket.on('error', () => undefined) // whoever asked has gone
    socket.end(JSON.stringify(owner))
  })
  const failure = await listen(server, address)
  if (failure?.code === 'EADDRINUSE') throw new ProblemError(heldBy(await ownerAt(address)))
  server.unref()
  return { release: async () => void server.close() }
}

function listen(server: Server, address: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    server.once('error', resolve).listen(address, () => resolve(undefined))
  })
}

/** What the holder says of itself; undefined where it does not answer (stopped, or just ending). */
function ownerAt(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = ''
    const socket = connect(address)
      .setEncoding('utf8')
      .on('data', (text) => {
        said = (said + text).slice(0, ANSWER_BYTES)
      })
      .on('error', () => resolve(undefined))
      .on('close', () => resolve(said === '' ? undefined : said))
    socket.setTimeout(ANSWER_MS, () => socket.destroy())
  })
}

function heldBy(said: string | undefined) {
  const owner = said === undefined ? undefined : parseOwner(said)
  return {
    kind: 'locked' as const,
    message: owner ? `${owner.user} is at it: ${owner.what}` : 'another run is at it, which does not answer',
    ...(owner ? { detail: `process ${owner.pid}, since ${owner.since}` } : {}),
    hint: 'wait for it to end; the lock ends with its process',
  }
}

function parseOwner(said: string): LockOwner | undefined {
  try {
    return JSON.parse(said) as LockOwner // told by a process of ours
  } catch {
    return undefined
  }
}
