import type { LabSettings } from '../../../lab/settings.ts'
import { runBeside } from './run-beside.ts'

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
  const { result, seen } = await runBeside<T, Watched>(settings, { script: 'watch-etcd.ts', args: urls }, work)
  return { result, watched: seen }
}
