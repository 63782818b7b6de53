import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { LabSettings } from '../../../lab/settings.ts'
import { requireState } from '../../../lab/state.ts'
import { networkArgv } from '../../../lab/supervisor.ts'

/** What a watcher saw of a cluster while it ran. */
export interface Watched {
  readonly reads: number
  readonly fewest: number // healthy members at the worst moment
  readonly slowestMs: number // of the reads that were answered at once
  readonly withoutQuorum: readonly string[] // moments with fewer healthy members than a quorum
}

/** Watches the members' health from inside the lab until the work is done. */
export async function watchedWhile<T>(
  settings: LabSettings,
  urls: readonly string[],
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly watched: Watched }> {
  const script = path.join(import.meta.dirname, 'watch-etcd.ts')
  const [tool, ...args] = networkArgv(requireState(settings).init, [process.execPath, script, ...urls])
  const child = spawn(tool, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  try {
    await lines.next() // "watching"
    const result = await work()
    child.kill('SIGTERM')
    const last = await lines.next()
    return { result, watched: JSON.parse(String(last.value)) as Watched } // printed by watch-etcd.ts
  } finally {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}
