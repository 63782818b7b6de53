/** Something that happened on a host, as the host itself noted it. */
export interface Effect {
  readonly host: string
  readonly at: number // ms since 1970, by the clock that controller and hosts of the lab share
  readonly what: string // "mv PATH", "rm PATH", "begin NAME", "end NAME", "start ..."
}

/** A journal as it lies on the controller, not yet believed. */
export interface StoredJournal {
  readonly run: string
  readonly text: string
}

/** What a host keeps of one script of a step. */
export interface FoundReceipt {
  readonly host: string
  readonly run: string
  readonly step: string // the step's folder
  readonly name: string
  readonly begun: boolean
  readonly code?: string // of one that has ended
}

/** A text that was kept or shown somewhere. */
export interface Artefact {
  readonly where: string
  readonly text: string
}

/** All that one fault, and what was done about it, left behind. */
export interface History {
  readonly effects: readonly Effect[]
  readonly journals: readonly StoredJournal[] // oldest first
  readonly receipts: readonly FoundReceipt[]
  readonly artefacts: readonly Artefact[]
}

/** An effect that belongs to a plan: learned from a run that nothing disturbed. */
export interface PlannedEffect {
  readonly host: string
  readonly step: string
  readonly phase: 'do' | 'undo'
  readonly what: string
}
