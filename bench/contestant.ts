import type { Program } from './measured-run.ts'

/** One way to do the workload, as a whole process. */
export interface Contestant {
  readonly name: string
  readonly program: Program
  /** What is wrong with what it printed; undefined when it did the work and found nothing to change. */
  readonly complaint: (output: string) => string | undefined
}
