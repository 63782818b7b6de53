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
  /**
   * A connection and a login that are new, made within `ms` by attempts each second; throws ProblemError as the last of
   * them did. For who must know that the host can be reached now.
   */
  renew(ms: number): Promise<void>
  /** Resolves once the host is connected to, and is this run's; at once for one that answered at the start. */
  ready(): Promise<void>
  /** It has not answered yet. */
  readonly isAwaited: () => boolean
}

/** The pauses before each attempt: about two minutes besides the time that attempts take. */
export const WAITS_MS: readonly number[] = [0, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 30_000, 30_000]

export interface LinkInput {
  readonly endpoint: Endpoint
  readonly transport: Transport
  readonly clock: Clock
  readonly emit: Emit
}

/** Connects to a host; throws ProblemError at the first refusal. */
export async function openLink(given: LinkInput): Promise<Link> {
  const machine = sameMachine(given.transport)
  const input: LinkInput = { ...given, transport: machine }
  let current = await machine.open(input.endpoint)
  let replacing: Promise<void> | undefined // one new connection for all who lost the old one
  let waits = WAITS_MS
  const givenUp = new WeakSet<Connection>() // closed by us, for a new one
  const replaceBy = (opening: Promise<Connection>): Promise<void> => {
    givenUp.add(current)
    replacing = opening
      .then((next) => {
        current = next
        waits = WAITS_MS
      })
      .finally(() => {
        replacing = undefined
      })
    return replacing
  }
  const reconnect = (): Promise<void> =>
    replacing ??
    replaceBy(
      reopen(input, { old: current, waits }).catch((error: unknown) => {
        waits = [0] // who was waited for in vain is not waited for again
        throw error
      }),
    )
  const renew = async (ms: number): Promise<void> => {
    await replacing?.catch(() => undefined)
    await replaceBy(openWithin(input, { old: current, ms }))
  }
  const askAgain = async (
    { privilege, lane }: { readonly privilege: Privilege; readonly lane: string | undefined },
    ...asked: Parameters<Runner['run']>
  ): Promise<Reply> => {
    for (let left = RETRIES; ; left -= 1) {
      const connection = current
      try {
        return await connection.probe(privilege, lane).run(...asked)
      } catch (thrown) {
        const error = givenUp.has(connection) ? lostInstead(thrown) : thrown
        if (left === 0 || !isLost(error)) throw error
        if (connection === current) await reconnect()
      }
    }
  }
  const change = async (privilege: Privilege, ...asked: Parameters<Runner['run']>): Promise<Reply> => {
    const connection = current
    try {
      return await connection.session(privilege).run(...asked)
    } catch (thrown) {
      throw givenUp.has(connection) ? lostInstead(thrown) : thrown
    }
  }
  const identity = async (): Promise<HostIdentity> => {
    const connection = current
    try {
      return await machine.identity()
    } catch (thrown) {
      const error = givenUp.has(connection) ? lostInstead(thrown) : thrown
      if (!isLost(error)) throw error
      if (connection === current) await reconnect()
      return machine.identity()
    }
  }
  return {
    host: input.endpoint.host,
    probe: (privilege, lane) => ({ run: (command, options) => askAgain({ privilege, lane }, command, options) }),
    session: (privilege) => ({ run: (command, options) => change(privilege, command, options) }),
    close: () => current.close(),
    reconnect,
    identity,
    renew,
    ready: () => Promise.resolve(),
    isAwaited: () => false,
  }
}

const RETRIES = 2 // of a read that was lost

async function reopen(
  input: LinkInput,
  { old, waits }: { readonly old: Connection; readonly waits: readonly number[] },
): Promise<Connection> {
  await old.close().catch(() => undefined)
  return untilOpened(input, waits, () => input.transport.open(input.endpoint))
}

/** Tries to connect after each of these pauses; throws ProblemError as the last attempt did, or the first that was refused. */
export async function untilOpened<T>(
  { endpoint, clock, emit }: LinkInput,
  waits: readonly number[],
  open: () => Promise<T>,
): Promise<T> {
  for (const [index, ms] of waits.entries()) {
    emit({ type: 'reconnecting', host: endpoint.host, attempt: index + 1, of: waits.length })
    if (ms > 0) await clock.sleep(ms)
    try {
      return await open()
    } catch (error) {
      if (!isAway(error) || index === waits.length - 1) throw error
    }
  }
  throw new Error('no attempt to reconnect')
}

async function openWithin(
  { endpoint, transport, clock }: LinkInput,
  { old, ms }: { readonly old: Connection; readonly ms: number },
): Promise<Connection> {
  const until = clock.steadyMs() + ms
  await old.close().catch(() => undefined)
  for (let left = Math.ceil(ms / 1000); ; left -= 1) {
    const leftMs = until - clock.steadyMs()
    const connectTimeoutMs = Math.min(endpoint.connectTimeoutMs, Math.max(leftMs, 1000))
    try {
      return await transport.open({ ...endpoint, connectTimeoutMs })
    } catch (error) {
      if (!isAway(error) || left <= 1 || leftMs <= 1000) throw error
    }
    await clock.sleep(1000)
  }
}

/** Who closes a connection for a new one has lost what was under way on it. */
function lostInstead(thrown: unknown): unknown {
  if (!(thrown instanceof ProblemError) || thrown.problems[0].kind !== 'interrupted') return thrown
  return new ProblemError({ ...thrown.problems[0], kind: 'connection-lost' })
}

/** The host cannot be reached, or was and is not heard of any more. */
export const isAway = (error: unknown): boolean =>
  isLost(error) || (error instanceof ProblemError && error.problems[0].kind === 'unreachable')

/** The host was spoken to and is not heard of any more. */
export const isLost = (error: unknown): boolean =>
  error instanceof ProblemError && error.problems[0].kind === 'connection-lost'
