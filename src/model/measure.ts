import type { HostName } from './id.ts'
import type { Json } from './json.ts'

export type MeasurePhase = 'before' | 'after' | 'after-rollback'

/** One number from one host. `value` is null where there was too little to measure, and `note` says so. */
export interface Reading {
  readonly measure: string
  readonly host: HostName
  readonly phase: MeasurePhase
  readonly value: number | null
  readonly unit: string
  readonly note?: string
  readonly evidence?: Json // what the number was made of, for the report
  readonly target?: string // the condition as written
  readonly verdict?: 'pass' | 'fail' // absent without target or value
}
