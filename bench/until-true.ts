import { setTimeout as wait } from 'node:timers/promises'

const PATIENCE_MS = 10_000

/** Looks every 2 ms until it is so; throws after ten seconds, naming what did not come. */
export async function untilTrue(isTrue: () => boolean, what: string): Promise<void> {
  const start = performance.now()
  while (!isTrue()) {
    if (performance.now() - start > PATIENCE_MS) throw new Error(`waited ${PATIENCE_MS} ms for ${what}`)
    await wait(2)
  }
}
