import type { HostName, RunId, StepId } from './id.ts'
import type { Json, JsonObject } from './json.ts'
import type { Reading } from './measure.ts'
import type { KeptFile } from './module.ts'
import type { InventoryUsed, RecordedChange, ResolvedParam } from './plan.ts'
import type { Problem } from './problem.ts'
import type { IncludedText } from './runbook.ts'

/** How a run ended. */
export type Outcome =
  | 'applied' // and every verification and target held
  | 'nothing-to-do'
  | 'target-missed' // applied, but a measure missed its target
  | 'failed-rolled-back'
  | 'failed-not-rolled-back'
  | 'rolled-back' // of a rollback that was asked for
  | 'rollback-failed'
  | 'interrupted'

interface OnHost {
  readonly host: HostName
  readonly stage: number // index
  readonly step: StepId
}

/** What a stage began with: facts and vars by their names, of each host. */
export type FactsOfHosts = { readonly [host: HostName]: JsonObject }

/** A runbook as read, with every file that it includes: what resume and rollback compile again. */
export interface RecordedRunbook {
  readonly name: string
  readonly file: string
  readonly sha256: string
  readonly text: string
  readonly included?: readonly IncludedText[]
}

/**
 * What is kept of a run: appended to the journal, durable before the effect it announces. Everything that resume and
 * rollback need is in these.
 */
export type RecordedEvent =
  | {
      readonly type: 'run-started'
      readonly run: RunId
      readonly verb: 'apply' | 'rollback'
      readonly of?: RunId // the run that a rollback undoes
      readonly also?: readonly HostName[] // that it was known to work on, besides `hosts`
      readonly tool: string
      readonly startedAt: string
      readonly runbook: RecordedRunbook
      readonly inventory: InventoryUsed
      readonly salt?: string // of the hashes of what is secret
      readonly params: readonly ResolvedParam[]
      readonly hosts: readonly HostName[]
    }
  /** The run goes on after a crash or a stop: from here on with this runbook. */
  | {
      readonly type: 'run-resumed'
      readonly tool: string
      readonly resumedAt: string
      readonly runbook: RecordedRunbook
    }
  | {
      readonly type: 'stage-started'
      readonly stage: number
      readonly name: string
      readonly batches: readonly (readonly HostName[])[]
      readonly facts?: FactsOfHosts // that nobody can look at in the middle of it
    }
  | ({
      readonly type: 'step-started'
      readonly on?: HostName // that it works on, where that is another one
      readonly name: string
      readonly module: string
      readonly become: boolean
      readonly args: JsonObject
      readonly folder: string // pre-images on the host
      readonly change: RecordedChange
      readonly trace?: JsonObject // what looking showed, of a change that looking does not show
      readonly undo?: { readonly module: string; readonly args: JsonObject }
    } & OnHost)
  | ({
      readonly type: 'step-finished'
      readonly result: 'changed' | 'ok' | 'skipped'
      readonly summary: string
      readonly output?: Json
    } & OnHost)
  | ({ readonly type: 'step-failed'; readonly problem: Problem } & OnHost)
  /** A restart that must still happen because `because` changed; settled by step-finished of `step`. */
  | ({ readonly type: 'restart-owed'; readonly because: StepId } & OnHost)
  /** A file of the host now lies beside the journal. */
  | ({ readonly type: 'file-kept' } & KeptFile & OnHost)
  /** The host undoes the step, and those that it follows, by itself unless the undo is disarmed within this time. */
  | ({
      readonly type: 'undo-armed'
      readonly name: string // of the undo in the step's folder on the host
      readonly withinMs: number
      readonly covers: readonly StepId[] // that it follows
    } & OnHost)
  /** `lost`: the host was restarted before it had undone it. */
  | ({ readonly type: 'undo-disarmed'; readonly verdict: 'confirmed' | 'left' | 'lost' } & OnHost)
  /** `trace`: what looking showed before the undoing was begun first, of a change that has one. */
  | ({ readonly type: 'undo-started'; readonly trace?: JsonObject } & OnHost)
  | ({ readonly type: 'undo-finished'; readonly summary: string } & OnHost)
  | ({ readonly type: 'undo-failed'; readonly problem: Problem } & OnHost)
  | { readonly type: 'measured'; readonly reading: Reading }
  /** What the run kept on these hosts was removed: what it changed there can no longer be undone. */
  | { readonly type: 'run-cleaned'; readonly hosts: readonly HostName[]; readonly cleanedAt: string }
  | {
      readonly type: 'run-finished'
      readonly outcome: Outcome
      readonly finishedAt: string
      readonly problems: readonly Problem[]
    }

/** What is only shown. */
export type ProgressEvent =
  | { readonly type: 'connecting'; readonly host: HostName }
  | { readonly type: 'connected'; readonly host: HostName }
  | { readonly type: 'reconnecting'; readonly host: HostName; readonly attempt: number; readonly of: number }
  /** It does not answer, and is not needed yet. */
  | { readonly type: 'away'; readonly host: HostName }
  | { readonly type: 'planning'; readonly host: HostName }
  /** Nothing can be written there that keeps another run from the host. */
  | { readonly type: 'not-held'; readonly host: HostName }
  | {
      readonly type: 'batch-started'
      readonly stage: number
      readonly batch: number
      readonly hosts: readonly HostName[]
    }
  | ({ readonly type: 'step-running'; readonly name: string; readonly summary: string } & OnHost)
  | ({ readonly type: 'step-output'; readonly stream: 'stdout' | 'stderr'; readonly text: string } & OnHost)
  | { readonly type: 'gate-waiting'; readonly stage: number; readonly what: string; readonly reason: string }
  | { readonly type: 'gate-opened'; readonly stage: number; readonly what: string; readonly summary: string }
  | { readonly type: 'soaking'; readonly stage: number; readonly ms: number }
  | { readonly type: 'measuring'; readonly measure: string; readonly host: HostName; readonly phase: Reading['phase'] }
  | { readonly type: 'rolling-back'; readonly run: RunId; readonly why: string }

/** Everything that happens in a run; reporters listen to these and to nothing else. */
export type Event = RecordedEvent | ProgressEvent

export type Emit = (event: Event) => void
