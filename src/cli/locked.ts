import path from 'node:path'
import { type Lock, type LockOwner, takeLock } from '../journal/lock.ts'
import type { RunId } from '../model/id.ts'
import type { Prepared } from './prepare.ts'
import type { World } from './world.ts'

/**
 * Does `work` while nobody else on this controller changes hosts of the same inventory, or goes on with the same run or undoes
 * it: a journal has one writer. All locks or none, in sorted order; throws ProblemError kind locked.
 */
export async function locked<T>(
  { inventory }: Prepared,
  { world, what, run }: { readonly world: World; readonly what: string; readonly run: RunId },
  work: () => Promise<T>,
): Promise<T> {
  const owner: LockOwner = { what, user: world.userName, pid: world.pid, since: world.now().toISOString() }
  const sources = inventory.sources.map((source) => `inventory ${path.resolve(world.cwd, source)}`)
  const names = [...new Set([...sources, `run ${run}`])].toSorted()
  const held: Lock[] = []
  try {
    for (const name of names) held.push(await takeLock(name, owner))
    return await work()
  } finally {
    for (const lock of held) await lock.release()
  }
}
