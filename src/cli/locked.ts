import path from 'node:path'
import { type Lock, type LockOwner, takeLock } from '../journal/lock.ts'
import type { Prepared } from './prepare.ts'
import type { World } from './world.ts'

/**
 * Does `work` while nobody else on this controller changes hosts of the same inventory. All locks or none, in sorted
 * order; throws ProblemError kind locked.
 */
export async function locked<T>(
  { inventory }: Prepared,
  { world, what }: { readonly world: World; readonly what: string },
  work: () => Promise<T>,
): Promise<T> {
  const owner: LockOwner = { what, user: world.userName, pid: world.pid, since: world.now().toISOString() }
  const names = [...new Set(inventory.sources.map((source) => path.resolve(world.cwd, source)))].toSorted()
  const held: Lock[] = []
  try {
    for (const name of names) held.push(await takeLock(`inventory ${name}`, owner))
    return await work()
  } finally {
    for (const lock of held) await lock.release()
  }
}
