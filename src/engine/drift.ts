import type { StepId } from '../model/id.ts'
import { canonical, type Json } from '../model/json.ts'
import { type Plan, type PlannedDecision, type PlannedStep, plannedSteps, type RecordedChange } from '../model/plan.ts'
import type { Problem } from '../model/problem.ts'
import type { Step } from '../model/runbook.ts'

/** Where the hosts are no longer as the approved plan says: another machine, or another decision. Empty: the plan is true. */
export function driftBetween(approved: Plan, now: Plan, stepOf: (id: StepId) => Step | undefined): readonly Problem[] {
  return [...otherMachines(approved, now), ...otherDecisions(approved, now, stepOf)]
}

function otherMachines(approved: Plan, now: Plan): readonly Problem[] {
  return approved.hosts.flatMap((known) => {
    const seen = now.hosts.find((host) => host.host === known.host)
    const isUnseen = known.machineId === '' && known.bootId === '' // it did not answer, and does by now
    if (seen && (isUnseen || seen.machineId === known.machineId)) return []
    const message = seen
      ? 'another machine answers under this name than the plan was made for'
      : 'the plan knows this host, the run does not'
    return [{ kind: 'plan-drifted' as const, host: known.host, message, hint: 'make a new plan' }]
  })
}

function otherDecisions(approved: Plan, now: Plan, stepOf: (id: StepId) => Step | undefined): readonly Problem[] {
  const seen = new Map(plannedSteps(now).map((step) => [keyOf(step), step]))
  return plannedSteps(approved).flatMap((planned) => {
    const current = seen.get(keyOf(planned))
    if (stepOf(planned.step)?.module.volatile) return []
    if (current && planned.on === current.on && sameDecision(planned.decision, current.decision)) return []
    if (current && (waits(planned, stepOf) || waits(current, stepOf))) return []
    return [drifted(planned, current)]
  })
}

/** Whether it is left open because something is waited for: that comes and goes by itself, and is looked at when the step is reached. */
function waits({ step, decision }: PlannedStep, stepOf: (id: StepId) => Step | undefined): boolean {
  if (decision.kind !== 'deferred') return false
  return [step, decision.after].some((id) => stepOf(id)?.retry?.until !== undefined)
}

const keyOf = (step: PlannedStep): string => `${step.host}\0${step.step}`

function sameDecision(planned: PlannedDecision, current: PlannedDecision): boolean {
  if (planned.kind === 'change' && current.kind === 'change')
    return fingerprint(planned.change) === fingerprint(current.change)
  return planned.kind === current.kind
}

function drifted(planned: PlannedStep, current: PlannedStep | undefined): Problem {
  const { host, step, name, at } = planned
  const resource = planned.resources[0] ?? current?.resources[0]
  return {
    kind: 'plan-drifted',
    host,
    step,
    at,
    message: `${resource ?? name} is not as the plan says`,
    detail: `planned: ${describe(planned.decision)}\nnow:     ${current ? describe(current.decision) : 'the step is not reached'}`,
    hint: 'someone or something changed it since; make a new plan and look at it',
  }
}

/** A decision in one line, for messages. */
export function describe(decision: PlannedDecision): string {
  switch (decision.kind) {
    case 'change':
      return `${decision.change.summary}, from ${canonical(decision.change.before)}`
    case 'noop':
      return `nothing to do: ${decision.summary}`
    case 'skipped':
      return `skipped: ${decision.reason}`
    case 'deferred':
      return `decided when reached: ${decision.reason}`
    case 'blocked':
      return `blocked: ${decision.message}`
  }
}

/** What two changes must share to be the same: what is done, from which state, to which. Notes are for people. */
export function fingerprint(change: RecordedChange): string {
  const shown = change.details.filter((detail) => detail.kind !== 'note')
  return canonical({ verb: change.verb, before: change.before, after: change.after, details: shown as unknown as Json }) // sealed: details are plain data
}
