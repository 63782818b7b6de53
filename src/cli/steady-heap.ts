import { setFlagsFromString } from 'node:v8'

/**
 * Does something that goes on for long with little alive at a time, in a young generation that keeps its size: V8 doubles it with all that
 * was ever alive, up to 32 MiB, and that buys no time here (measured: docs/performance.md). V8 reads this flag whenever it would grow it.
 */
export async function inSteadyHeap<T>(work: () => Promise<T>): Promise<T> {
  setFlagsFromString('--semi-space-growth-factor=1')
  try {
    return await work()
  } finally {
    setFlagsFromString('--semi-space-growth-factor=2') // V8's own; code that is kept for the next run is refused under other flags
  }
}
