import { countPlan, type Plan, plannedSteps } from '../model/plan.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import { planText } from '../report/plan-text.ts'
import { styleFor, type Telling } from './look.ts'

/** The plan on stdout: as text, or as one JSON line. */
export function tellPlan(plan: Plan, { telling, next }: { readonly telling: Telling; readonly next?: string }): void {
  const { world, output } = telling
  if (output.format === 'json') {
    world.stdout.write(`${JSON.stringify({ type: 'plan', plan })}\n`)
    return
  }
  const detail = output.detail === 'verbose' ? 'everything' : 'changes'
  const look = { style: styleFor(world.stdout, telling), detail, ...(next === undefined ? {} : { next }) } as const
  world.stdout.write(planText(plan, look))
}

/** Whether applying the plan would do anything. */
export const hasWork = (plan: Plan): boolean => {
  const { change, deferred } = countPlan(plan)
  return change + deferred > 0
}

/** What of the plan stops it before the first write, as problems; empty: nothing. */
export const blockedIn = (plan: Plan): readonly Problem[] =>
  [
    ...plan.guards.map((guard) => ({ ...guard, kind: 'guard' as const })),
    ...plannedSteps(plan).map((step) => ({ ...step, kind: 'blocked' as const })),
  ].flatMap(({ decision, host, step, at, kind, name }): readonly Problem[] => {
    if (decision.kind !== 'blocked') return []
    const { kind: _, message, ...more } = decision
    return [{ kind, message: `${name}: ${message}`, host, step, at, ...more }]
  })

/** Throws ProblemError with everything that stops the plan before the first write. */
export function refuseBlocked(plan: Plan): void {
  const [first, ...others] = blockedIn(plan)
  if (first) throw new ProblemError(first, ...others)
}
