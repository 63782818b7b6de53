import type { Connection, Endpoint, Privilege } from '../model/transport.ts'
import { becomeTool } from './become.ts'
import type { OpenChannel } from './channel.ts'
import type { Job } from './job.ts'
import { createRunner } from './runner.ts'
import { ShellQueue } from './shell-queue.ts'
import { closedByUs } from './transport-problem.ts'

/** The way to one host, whichever it is, without the shells on it. */
export interface Line {
  readonly openChannel: OpenChannel
  readonly lossOf: () => string | undefined // what cut it
  readonly close: () => Promise<void>
}

/** A Connection over a line: shells are opened when first used, one per lane and privilege that needs one of its own. */
export function createConnection(endpoint: Endpoint, line: Line, newNonce: () => string): Connection {
  const queues = new Map<string, ShellQueue>()
  let isClosed = false
  const queueFor = (asked: Privilege, lane: string): ShellQueue => {
    const privilege = becomeTool(endpoint, asked) === undefined ? 'login' : asked
    const key = `${privilege} ${lane}`
    const queue = queues.get(key) ?? new ShellQueue({ endpoint, privilege, newNonce, ...line })
    queues.set(key, queue)
    return queue
  }
  const submitTo =
    (privilege: Privilege, lane = '') =>
    (job: Job) => {
      if (isClosed) job.reject(closedByUs(endpoint, job.label))
      else queueFor(privilege, lane).submit(job)
    }
  return {
    host: endpoint.host,
    probe: (privilege, lane) => createRunner('probe', submitTo(privilege, lane)),
    session: (privilege) => createRunner('session', submitTo(privilege)),
    close: () => {
      isClosed = true
      for (const queue of queues.values()) queue.close()
      return line.close()
    },
  }
}
