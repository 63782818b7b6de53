/** An expected failure of the lab, told to the person in `message`; `exitCode` is 3 for wrong usage, else 1. */
export class LabError extends Error {
  readonly exitCode: 1 | 3

  constructor(message: string, exitCode: 1 | 3 = 1) {
    super(message)
    this.name = 'LabError'
    this.exitCode = exitCode
  }
}
