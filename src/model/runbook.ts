import type { StepId } from './id.ts'
import type { Json, JsonObject } from './json.ts'
import type { Module } from './module.ts'
import type { Problem, Result } from './problem.ts'
import type { Span } from './source.ts'

/**
 * The names that templates and expressions see on one host: parameters, inventory variables, the runbook's `vars` and
 * the outputs of steps (`as`), all by their bare names; besides `params` (all parameters), `inventory_hostname`, and
 * `hosts` (for each host of the run: its variables and outputs).
 */
export type Scope = JsonObject

/** Something in a runbook that gets its value when a scope is there. `names` are the root names it needs. */
export interface Bindable<T> {
  readonly source: string
  readonly names: readonly string[]
  readonly at: Span
  bind(scope: Scope): Result<T>
}

export interface Param {
  readonly name: string
  readonly schema: JsonObject // JSON Schema of the value (type, minimum, enum ...)
  readonly default?: Json
  readonly unit?: string
  readonly description: string
  readonly secret?: true // its value is never shown
  readonly at: Span
}

export interface Step {
  readonly id: StepId
  readonly name: string
  readonly module: Module
  /** The arguments with templates rendered and `cel` arguments evaluated, checked against the module's schema. */
  readonly args: Bindable<JsonObject>
  readonly when?: Bindable<boolean>
  readonly whenChanged: readonly StepId[] // runs only when one of these changed (or owes this restart)
  readonly as?: string // name of the output
  readonly kept?: true // of a fact: a run that goes on takes what its stage began with
  readonly become?: boolean // else the runbook's
  readonly runOnce: boolean
  readonly retry?: Retry
  readonly timeoutMs?: number
  readonly confirmMs?: number // the host undoes it by itself unless a new connection confirms it within this time
  readonly undo?: UndoStep
  readonly irreversible: boolean // the author says: may run although it has no inverse, and the plan says so
  readonly beforeUndo: boolean // run again before this host's steps are undone (leadership away, health)
  readonly commit: boolean // point of no return
  readonly on?: Bindable<string> // the host of the inventory that it works on; its scope stays that of its own host
  readonly include?: StepId // that it comes from
  readonly at: Span
}

/** Further tries of a step that failed, or whose `until` does not hold yet. */
export interface Retry {
  readonly times: number
  readonly everyMs: number
  readonly until?: Bindable<boolean> // sees `output`, and the output under the step's `as`
}

/** How a step without an inverse of its own is undone: another module's step. */
export interface UndoStep {
  readonly module: Module
  readonly args: Bindable<JsonObject>
}

/** `1`, `25%` of the stage's hosts (at least 1), or a list whose last member repeats. */
export type BatchSize = number | `${number}%`

export interface Rolling {
  readonly batch: readonly BatchSize[]
  readonly orderBy?: Bindable<Json> // per host; ascending (false before true), inventory order among equals
  readonly gate: readonly Step[] // reads; before the first batch, between batches, after the last
  readonly soak: Bindable<number> // ms; wait after each batch's gate opened, then the gate must still be open
  readonly maxFailed: number // failed hosts beyond this stop the run
}

export interface Stage {
  readonly name: string
  readonly hosts?: string // pattern, narrowing the runbook's
  readonly within?: readonly string[] // patterns that hold besides: of the runbooks that it is included from
  readonly include?: StepId // that it comes from
  readonly rolling: Rolling
  readonly steps: readonly Step[]
}

/** A number taken before, after, and after a rollback. The module's output must be a number or `{value, ...}`. */
export interface Measure {
  readonly name: string
  readonly read: Step
  readonly unit: string
  readonly target?: Bindable<boolean> // sees `value`, `before` (null the first time)
  readonly description?: string
  readonly source?: string // of the threshold in `target`
}

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

export type OnFailure = 'stop' | 'rollback_host' | 'rollback_run'

/** What becomes of a run whose measures miss their targets: it stays and is told, or is undone. */
export type OnMissedTarget = 'keep' | 'rollback_run'

/**
 * Another runbook in the place of a stage. Its guards, measures and stages are among the runbook's, its steps under ids
 * that begin with its own; what they see are its own names (see load/include-scope.ts).
 */
export interface Include {
  readonly id: StepId
  readonly runbook: string // name
  readonly hosts: readonly string[] // patterns, all of which must hold
  readonly when?: string // CEL, for people: `params` knows
  /** Bound once in a run, on each host: null where the include is not taken. */
  readonly params: Bindable<JsonObject | null>
  readonly facts: readonly Step[] // after the runbook's own facts and vars, as are these vars
  readonly vars: Runbook['vars']
  readonly at: Span
}

/** An included file as read, kept with each run. */
export interface IncludedText {
  readonly name: string
  readonly file: string
  readonly text: string
}

/** A runbook, parsed, checked and compiled; nothing in it has looked at a host yet. */
export interface Runbook {
  readonly name: string
  readonly summary: string
  readonly description?: string
  readonly symptoms: readonly string[]
  readonly file: string
  readonly text: string // the file as read, kept with each run
  readonly sha256: string // of the text and of everything included
  readonly included?: readonly IncludedText[] // files, each once
  readonly includes?: readonly Include[] // in the order of a run
  readonly hosts: string // pattern
  readonly become?: boolean // else each host's own
  readonly params: readonly Param[]
  readonly outside?: readonly { readonly name: string; readonly at: Span }[] // what it needs of the inventory, where first
  readonly vars: readonly { readonly name: string; readonly value: Bindable<Json> }[] // in order, after facts
  readonly facts: readonly Step[] // reads with `as`, on every host, before vars and guards, and again at each stage
  readonly guards: readonly Step[] // reads; any blocked one stops everything before the first write
  readonly measures: readonly Measure[]
  readonly diagnosing?: Diagnosing
  readonly stages: readonly Stage[]
  readonly onFailure: OnFailure
  readonly onMissedTarget: OnMissedTarget
  readonly notes?: readonly Problem[] // remarks that stop nothing, for `validate`
}
