import { setTimeout as pause } from 'node:timers/promises'
import { LabError } from './lab-error.ts'

export interface Patience {
  /** What is waited for, as the end of "waited N s for ...". */
  readonly what: string
  readonly deadlineMs?: number
  readonly everyMs?: number
}

/** Asks `condition` again and again until it gives a value, and fails with a LabError at the deadline (10 s). */
export async function until<T>(
  condition: () => T | undefined | Promise<T | undefined>,
  patience: Patience,
): Promise<T> {
  const { what, deadlineMs = 10_000, everyMs = 10 } = patience
  const end = performance.now() + deadlineMs
  for (;;) {
    const value = await condition()
    if (value !== undefined) return value
    if (performance.now() >= end) throw new LabError(`waited ${deadlineMs / 1000} s for ${what}, in vain`)
    await pause(everyMs)
  }
}

/** The same for a plain yes or no. */
export async function untilTrue(condition: () => boolean, patience: Patience): Promise<void> {
  await until(() => (condition() ? true : undefined), patience)
}
