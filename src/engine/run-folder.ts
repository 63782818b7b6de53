import { ProblemError, problemsOf } from '../model/problem.ts'
import type { Connection, Privilege } from '../model/transport.ts'
import { breakText, type Held, lookText } from './host-lock-text.ts'
import { type LockOwner, parseOwners } from './lock-owner.ts'
import { folderText, removeText } from './run-folder-text.ts'

/** How far a script of a run has come, by its receipt; `unknown`: it was begun, runs no more, and left no exit code. */
export interface FoundReceipt {
  readonly step: string // its folder
  readonly state: 'ended' | 'running' | 'unknown' | 'unbegun'
  readonly code?: number
}

/** What lies on a host of a run. */
export interface FoundRun {
  readonly folders: readonly { readonly path: string; readonly kib: number }[]
  readonly receipts: readonly FoundReceipt[]
  readonly processes: readonly number[] // that still run
}

/** A host as who looks after locks and run folders sees it; as root where that can be had. */
export interface HostVisit {
  locks(): Promise<readonly LockOwner[]>
  /** Whether it was that lock, and is free now. */
  unlock(held: Pick<Held, 'lock' | 'folder'>): Promise<boolean>
  run(run: string): Promise<FoundRun>
  /** Throws ProblemError kind locked where something of it still runs. */
  remove(run: string): Promise<void>
}

export async function visitHost(connection: Connection, hostFolder: string): Promise<HostVisit> {
  const { run: ask } = connection.probe(await widest(connection))
  const read = async (...asked: Parameters<typeof ask>): Promise<string> =>
    (await ask(...asked)).stdout.toString('utf8')
  return {
    locks: async () => parseOwners(await read(lookText(hostFolder))),
    unlock: async (held) => (await ask(breakText(held))).code === 0,
    run: async (run) => parseRun(await read(folderText(hostFolder, run))),
    remove: async (run) => {
      const { code, stderr } = await ask(removeText(hostFolder, run), { timeoutMs: 300_000 })
      if (code === 0) return
      throw new ProblemError({
        kind: 'locked',
        host: connection.host,
        message: `the folder of run ${run} could not be removed, or something of it still runs`,
        ...(stderr.length > 0 ? { detail: stderr.toString('utf8') } : {}),
      })
    },
  }
}

/** Root, where the one who logged in may become it. */
async function widest(connection: Connection): Promise<Privilege> {
  try {
    await connection.probe('root').run({ parts: [{ kind: 'text', text: ':' }] })
    return 'root'
  } catch (error) {
    if (problemsOf(error)[0].kind === 'become') return 'login'
    throw error
  }
}

const RECEIPT = /^receipt (ended|running|unknown|unbegun) (-|\d+) ([^/]+)\//

/** Lines that are none of ours are left out. */
export function parseRun(said: string): FoundRun {
  const lines = said.split('\n')
  return {
    folders: lines.flatMap((line) => {
      const [, kib, path] = /^folder (\d*) (\/.*)$/.exec(line) ?? []
      return path === undefined ? [] : [{ path, kib: Number(kib) }]
    }),
    receipts: lines.flatMap((line): readonly FoundReceipt[] => {
      const [, state, code, step] = RECEIPT.exec(line) ?? []
      if (step === undefined) return []
      const known = state as FoundReceipt['state'] // one of the words of the expression
      return [{ step, state: known, ...(code === '-' ? {} : { code: Number(code) }) }]
    }),
    processes: lines.flatMap((line) => Number(/^process (\d+)$/.exec(line)?.[1] ?? Number.NaN) || []),
  }
}

/** Whether something of the run goes on there. */
export const goesOn = ({ receipts, processes }: FoundRun): boolean =>
  processes.length > 0 || receipts.some(({ state }) => state === 'running')
