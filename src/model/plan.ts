import type { HostName, StepId } from './id.ts'
import type { Json, JsonObject } from './json.ts'
import type { Reading } from './measure.ts'
import type { Change, Resource } from './module.ts'
import type { Span } from './source.ts'

/** A change without what exists in memory only; plans and journals hold these. */
export type RecordedChange = Omit<Change, 'material' | 'predicts' | 'trace' | 'undoTrace'>

/** What the plan says of one step on one host. */
export type PlannedDecision =
  | { readonly kind: 'noop'; readonly summary: string }
  | { readonly kind: 'change'; readonly change: RecordedChange }
  | { readonly kind: 'skipped'; readonly reason: string } // `when` is false, or nothing it follows changed
  | { readonly kind: 'deferred'; readonly after: StepId; readonly reason: string } // decided when reached
  | { readonly kind: 'blocked'; readonly message: string; readonly hint?: string; readonly detail?: string }

export interface PlannedStep {
  readonly host: HostName
  readonly on?: HostName // that it works on, where that is another one
  readonly step: StepId
  readonly name: string
  readonly module: string
  readonly resources: readonly Resource[]
  readonly decision: PlannedDecision
  readonly commit: boolean
  readonly at: Span
}

export interface PlannedStage {
  readonly name: string
  readonly batches: readonly (readonly HostName[])[] // in the order foreseen; decided again when the stage starts
  readonly steps: readonly PlannedStep[] // host by host in batch order
}

/** Which inventory a plan or a run rests on. */
export interface InventoryUsed {
  readonly sources: readonly string[]
  readonly sha256: string
  readonly limit?: string
  readonly varsFiles?: readonly string[] // those that hold secrets, which are read again
}

/** The value of a parameter and where it came from. */
export interface ResolvedParam {
  readonly name: string
  readonly value: Json
  readonly origin: string
  readonly host?: HostName // given where hosts differ
  readonly secret?: SecretParam // then `value` is ***
}

/** What is kept of a secret: how it is asked for again, and what tells that it has changed. Never the value. */
export interface SecretParam {
  readonly source?: Json // absent: it stands in the inventory or a file of variables
  readonly check?: string // slowHash of the value
}

/** What was seen of a host when planning, so that another host under the same name is noticed. */
export interface HostIdentity {
  readonly host: HostName
  readonly machineId: string
  readonly bootId: string
}

/** The whole plan; `plan --out` writes it as JSON, format version 1. Holds no secret and no file content but diffs. */
export interface Plan {
  readonly format: 1
  readonly tool: string // version of runbook
  readonly createdAt: string // ISO 8601, for people
  readonly runbook: { readonly name: string; readonly file: string; readonly sha256: string }
  readonly inventory: InventoryUsed
  readonly salt?: string // of the hashes of what is secret
  readonly params: readonly ResolvedParam[]
  readonly hosts: readonly HostIdentity[]
  readonly facts: { readonly [host: HostName]: JsonObject } // outputs of facts
  readonly guards: readonly PlannedStep[]
  readonly measures: readonly Reading[]
  readonly stages: readonly PlannedStage[]
}

/** All steps of a plan in order. */
export const plannedSteps = (plan: Plan): readonly PlannedStep[] => plan.stages.flatMap((stage) => stage.steps)

export interface PlanCounts {
  readonly change: number
  readonly noop: number
  readonly deferred: number
  readonly skipped: number
  readonly blocked: number
}

/** How many steps of each kind; guards that are blocked count as blocked. */
export function countPlan(plan: Plan): PlanCounts {
  const counts = { change: 0, noop: 0, deferred: 0, skipped: 0, blocked: 0 }
  for (const step of plannedSteps(plan)) counts[step.decision.kind] += 1
  for (const guard of plan.guards) if (guard.decision.kind === 'blocked') counts.blocked += 1
  return counts
}
