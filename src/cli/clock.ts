import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../model/clock.ts'
import type { World } from './world.ts'

/** Real time. A sleep is not cut short: whoever waits long asks between sleeps whether to stop. */
export const clockOf = ({ now, monotonicMs }: Pick<World, 'now' | 'monotonicMs'>): Clock => ({
  now,
  steadyMs: monotonicMs,
  sleep: (ms) => wait(ms),
})
