/** Time as an argument. */
export interface Clock {
  now(): Date
  /** Resolves after `ms`; rejects with ProblemError kind interrupted when the run is being stopped. */
  sleep(ms: number): Promise<void>
}
