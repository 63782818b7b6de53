import type { Clock } from '../model/clock.ts'
import type { Emit } from '../model/event.ts'
import type { HostIdentity } from '../model/plan.ts'
import { ProblemError } from '../model/problem.ts'
import type { Connection, Endpoint, Privilege, Reply, Runner, Transport } from '../model/transport.ts'
import { sameMachine } from './machine.ts'

/** A connection that can be made anew; whoever holds it goes on with the new one. Reads that were lost are asked again. */
export interface Link extends Connection {
  /** Connects anew, as often as `WAITS_MS` says. Throws ProblemError as the last attempt did. */
  reconnect(): Promise<void>
  /** Which machine answers, and since which boot; empty where it does not say. */
  identity(): Promise<HostIdentity>
}

/** The pauses before each attempt: about two minutes besides the time that attempts take. */
const WAITS_MS: readonly number[] = [0, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 30_000, 30_000]

export interface LinkInput {
  readonly endpoint: Endpoint
  readonly transport: Transport
  readonly clock: Pick<Clock, 'sleep'>
  readonly emit: Emit
}

/** Connects to a host; throws ProblemError at the first refusal. */
export async function openLink(given: LinkInput): Promise<Link> {
  const machine = sameMachine(given.transport)
  const input: LinkInput = { ...given, transport: machine }
  let current = await machine.open(input.endpoint)
  let replacing: Promise<void> | undefined // one new connection for all who lost the old one
  let waits = WAITS_MS
  const reconnect = (): Promise<void> => {
    replacing ??= reopen(input, { old: current, waits })
      .then(
        (next) => {
          current = next
          waits = WAITS_MS
        },
        (error: unknown) => {
          waits = [0] // who was waited for in vain is not waited for again
          throw error
        },
      )
      .finally(() => {
        replacing = undefined
      })
    return replacing
  }
  const askAgain = async (privilege: Privilege, ...asked: Parameters<Runner['run']>): Promise<Reply> => {
    for (let left = RETRIES; ; left -= 1) {
      const connection = current
      try {
        return await connection.probe(privilege).run(...asked)
      } catch (error) {
        if (left === 0 || !isLost(error)) throw error
        if (connection === current) await reconnect()
      }
    }
  }
  return {
    host: input.endpoint.host,
    probe: (privilege) => ({ run: (command, options) => askAgain(privilege, command, options) }),
    session: (privilege) => ({ run: (command, options) => current.session(privilege).run(command, options) }),
    close: () => current.close(),
    reconnect,
    identity: machine.identity,
  }
}

const RETRIES = 2 // of a read that was lost

async function reopen(
  { endpoint, transport, clock, emit }: LinkInput,
  { old, waits }: { readonly old: Connection; readonly waits: readonly number[] },
): Promise<Connection> {
  await old.close().catch(() => undefined)
  for (const [index, ms] of waits.entries()) {
    emit({ type: 'reconnecting', host: endpoint.host, attempt: index + 1, of: waits.length })
    if (ms > 0) await clock.sleep(ms)
    try {
      return await transport.open(endpoint)
    } catch (error) {
      const isAbsent = error instanceof ProblemError && error.problems[0].kind === 'unreachable'
      if (!(isAbsent || isLost(error)) || index === waits.length - 1) throw error
    }
  }
  throw new Error('no attempt to reconnect')
}

/** The host was spoken to and is not heard of any more. */
export const isLost = (error: unknown): boolean =>
  error instanceof ProblemError && error.problems[0].kind === 'connection-lost'
