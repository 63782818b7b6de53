/** Time as an argument. */
export interface Clock {
  /** What the calendar says: for people, and never for how long something takes, as it may be set. */
  now(): Date
  /** Milliseconds since some moment; they go on whatever the clock is set to. */
  steadyMs(): number
  /** Resolves after `ms`; rejects with ProblemError kind interrupted when the run is being stopped. */
  sleep(ms: number): Promise<void>
}
