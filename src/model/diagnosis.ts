import type { HostName } from './id.ts'
import type { Json } from './json.ts'
import type { Reading } from './measure.ts'
import type { Problem } from './problem.ts'
import type { Bindable, Measure } from './runbook.ts'

/** What a runbook looks at besides its measures to tell the cause of a trouble, and what it concludes. */
export interface Diagnosing {
  readonly evidence: readonly Measure[]
  readonly causes: readonly Cause[] // in the order in which they are to be dealt with
}

/** What may be the cause, told from the evidence of a host; sees `evidence`, and that of the others in `hosts`. */
export interface Cause {
  readonly name: string
  readonly when: Bindable<boolean>
  readonly says: Bindable<Json>
  readonly remedies: readonly Remedy[] // best first
}

/** Another runbook that deals with a cause. */
export interface Remedy {
  readonly runbook: string
  readonly when?: Bindable<boolean>
  readonly why?: string
}

/** One number, and where the threshold for it comes from. */
export interface DiagnosedReading extends Reading {
  readonly source?: string
}

export interface FoundCause {
  readonly name: string
  readonly hosts: readonly { readonly host: HostName; readonly says: string }[]
  readonly remedies: readonly FoundRemedy[]
}

export interface FoundRemedy {
  readonly runbook: string
  readonly why?: string
  readonly hosts: readonly HostName[]
}

/** What was seen and what follows; format version 1. */
export interface Diagnosis {
  readonly format: 1
  readonly runbook: { readonly name: string; readonly summary: string; readonly sha256: string }
  readonly hosts: readonly HostName[] // that were looked at
  readonly readings: readonly DiagnosedReading[]
  readonly causes: readonly FoundCause[]
  readonly unseen: readonly Problem[] // hosts that could not be looked at
}
