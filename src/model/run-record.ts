import type { FactsOfHosts, Outcome, RecordedEvent } from './event.ts'
import type { HostName, RunId, StepId } from './id.ts'
import type { Json, JsonObject } from './json.ts'
import type { Reading } from './measure.ts'
import type { KeptFile } from './module.ts'
import type { Problem } from './problem.ts'

/** How far one change has come. `started`: announced, and nothing is known since (a crash: in doubt). */
export type ChangeState = 'started' | 'changed' | 'failed' | 'undone' | 'undo-failed'

/** One change of a run on one host, as its journal tells it. */
export interface ChangeRecord extends Omit<Extract<RecordedEvent, { type: 'step-started' }>, 'type'> {
  readonly state: ChangeState
  readonly output?: Json
  readonly problem?: Problem
  readonly kept?: KeptFile // beside the journal
  readonly undoOpen?: true // its undoing was begun, and nobody heard how that ended
  readonly undoTrace?: JsonObject // what looking showed before its undoing was begun first
  /** The host may undo it by itself, or have done so: nobody has disarmed that. */
  readonly armed?: Armed
}

/** An undo that a host was told to do by itself. */
export type Armed = Pick<Extract<RecordedEvent, { type: 'undo-armed' }>, 'name' | 'withinMs' | 'covers'>

/** A restart that must still happen on `host` because the step `because` changed something. */
export interface OwedRestart {
  readonly host: HostName
  readonly stage: number
  readonly step: StepId
  readonly because: StepId
}

export interface FinishedStep {
  readonly host: HostName
  readonly step: StepId
  readonly output?: Json
  readonly skipped?: true // its condition was false, or nothing it waits for changed
}

/** What a journal comes to: everything that reports, rollback and resume ask of a run. */
export interface RunRecord {
  readonly run: RunId
  readonly started: Omit<Extract<RecordedEvent, { type: 'run-started' }>, 'type'>
  readonly resumed: number // how often it has gone on
  readonly stages: readonly { readonly name: string; readonly batches: readonly (readonly HostName[])[] }[]
  readonly facts?: { readonly stage: number; readonly hosts: FactsOfHosts } // of the latest stage that kept them
  readonly changes: readonly ChangeRecord[] // in the order they started
  readonly unchanged: number // steps that found nothing to do, or were skipped
  readonly finished: readonly FinishedStep[] // changed, found right, or skipped
  readonly owed: readonly OwedRestart[]
  readonly readings: readonly Reading[]
  readonly problems: readonly Problem[]
  readonly outcome?: Outcome // absent: still running, or crashed
  readonly finishedAt?: string
  readonly cleaned?: readonly HostName[] // hosts where nothing of it lies any more
}
