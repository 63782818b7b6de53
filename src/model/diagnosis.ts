import type { HostName } from './id.ts'
import type { Reading } from './measure.ts'
import type { Problem } from './problem.ts'

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
