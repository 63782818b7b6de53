import { type Command, renderCommand } from '../model/command.ts'
import { sha256 } from '../model/digest.ts'
import type { Json } from '../model/json.ts'
import type { Probe, Resource } from '../model/module.ts'
import { Secret } from '../model/secret.ts'
import type { Connection, Privilege, Reply, Runner, RunOptions } from '../model/transport.ts'

/** Looks at the host itself, each time anew. */
export function liveProbe(connection: Connection, privilege: Privilege, timeoutMs?: number): Probe {
  const runner = withTimeout(connection.probe(privilege), timeoutMs)
  return { host: connection.host, run: runner.run, predicted: () => undefined }
}

/** Replies already asked for while one plan is made, by privilege and command text: what was looked at once stays true for the plan. */
export type ReplyCache = Map<string, Promise<Reply>>

/** Looks at the host once per command, and answers for resources from what earlier steps are planned to leave. */
export function planningProbe(input: {
  readonly connection: Connection
  readonly privilege: Privilege
  readonly cache: ReplyCache
  readonly predicted: (resource: Resource) => Json | undefined
  readonly timeoutMs?: number | undefined
}): Probe {
  const runner = withTimeout(input.connection.probe(input.privilege), input.timeoutMs)
  const run: Runner['run'] = (command, options) => {
    const key = [input.privilege, options?.limitBytes, stdinKey(command), renderCommand(command)].join('\0')
    const known = input.cache.get(key)
    if (known !== undefined) return known
    const reply = runner.run(command, options)
    input.cache.set(key, reply)
    return reply
  }
  return { host: input.connection.host, run, predicted: input.predicted }
}

const stdinKey = ({ stdin }: Command): string =>
  stdin instanceof Secret ? sha256(stdin.reveal()) : Buffer.from(stdin ?? []).toString('base64')

/** A runner whose commands have `timeoutMs` to run, where the step's author gave it; the module's own time elsewhere. */
export function withTimeout(runner: Runner, timeoutMs: number | undefined, more: RunOptions = {}): Runner {
  const given: RunOptions = timeoutMs === undefined ? {} : { timeoutMs }
  return { run: (command, options) => runner.run(command, { ...more, ...options, ...given }) }
}

/** Runs `work` for each member, at most `limit` at a time; results in order; waits for all, then throws the first failure. */
export async function eachLimited<T, R>(
  members: readonly T[],
  limit: number,
  work: (member: T) => Promise<R>,
): Promise<readonly R[]> {
  const settled: PromiseSettledResult<R>[] = []
  const queue = members.entries()
  const worker = async (): Promise<void> => {
    for (const [index, member] of queue) settled[index] = await settle(work(member))
  }
  await Promise.all(Array.from({ length: Math.min(limit, members.length) }, worker))
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}

async function settle<R>(promise: Promise<R>): Promise<PromiseSettledResult<R>> {
  const [result] = await Promise.allSettled([promise])
  return result
}
