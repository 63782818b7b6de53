import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../model/clock.ts'
import type { World } from './world.ts'

/** Real time. A sleep is not cut short: whoever waits long asks between sleeps whether to stop. */
export const clockOf = ({ now }: Pick<World, 'now'>): Clock => ({ now, sleep: (ms) => wait(ms) })
