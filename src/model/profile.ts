/** Where a program spent its time, or whatever a profile counts: how much of it was seen on which stacks. */
export interface Profile {
  readonly type: string // what is counted: `cpu`, `inuse_space`
  readonly unit: string // of the values: `nanoseconds`, `bytes`, `count`
  readonly total: number // of all stacks, in the unit
  readonly durationMs?: number // how long was looked at; absent where the profile does not say
  readonly stacks: readonly Stack[]
}

/** One stack, the outermost caller first, and what was seen on it. */
export interface Stack {
  readonly frames: readonly string[]
  readonly value: number
}
