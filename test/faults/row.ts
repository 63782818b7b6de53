/** One promise of the program under one fault, and what proves it. */
export interface Row {
  readonly id: string // 1 to 45: faults; S1 to S32: security
  readonly what: string
  /** `file > words of the test's name`, below test/. */
  readonly tests: readonly string[]
  /** Why there is no test of it, or what the tests leave out. */
  readonly open?: string
}
