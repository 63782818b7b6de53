import { type HostName, hostName, type StepId } from '../model/id.ts'
import type { JsonObject } from '../model/json.ts'
import type { Decision, Probe } from '../model/module.ts'
import { type Problem, ProblemError, problemsOf, type Result } from '../model/problem.ts'
import type { Bindable, Step } from '../model/runbook.ts'
import { type Contexts, contextOf, isFinished, scopeOf, waitsFor } from './host-context.ts'
import { mustWaitFor, nothingPredicted, type Prediction } from './predict.ts'

/** What a step comes to on one host, with the bound arguments where it got so far. */
export type Decided =
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'deferred'; readonly after: StepId; readonly reason: string }
  | (Decision & { readonly args: JsonObject; readonly on?: HostName })

export interface DecideInput {
  readonly step: Step
  readonly host: HostName
  readonly contexts: Contexts
  readonly probe: Probe
  readonly prediction?: Prediction // planning only
  /** How to look at the host that the step's `on` names. */
  readonly there?: (on: HostName) => Promise<Pick<DecideInput, 'probe' | 'prediction'>>
  readonly owed: boolean // a restart owed since an earlier run
}

/** Decides one step on one host from what can be seen; never touches it. Throws ProblemError naming host and step. */
export async function decide(input: DecideInput): Promise<Decided> {
  const early = skippedOrWaiting(input)
  if (early) return early
  const args = bindFor(input, input.step.args)
  const local = refuseLocal(input)
  if (local) return { ...local, args }
  const resources = input.step.module.resources(args)
  const on = onOf(input)
  if (on === undefined && input.prediction && contextOf(input.contexts, input.host).connection.isAwaited())
    return {
      kind: 'deferred',
      after: input.prediction.lastChange ?? input.step.id,
      reason: 'its host is off until then',
    }
  const seen = on === undefined || !input.there ? input : { ...input, ...(await input.there(on)) }
  const wait = mustWaitFor(seen.prediction ?? nothingPredicted, resources)
  if (wait !== undefined) return { kind: 'deferred', after: wait, reason: `rests on what ${wait} leaves behind` }
  return { ...(await look(seen, args)), args, ...(on === undefined ? {} : { on }) }
}

/** A machine that went away would take this run with it. */
function refuseLocal({ step, contexts, host }: DecideInput): Extract<Decision, { kind: 'blocked' }> | undefined {
  const { transport } = contextOf(contexts, host).target.endpoint
  if (!step.module.leaves || transport !== 'local') return undefined
  return {
    kind: 'blocked',
    message: `${step.module.name} would end this run: ${host} is the machine that runs it`,
    hint: 'run it from another machine, over SSH',
  }
}

/** Reads and plans with the module. */
async function look({ step, probe, host }: DecideInput, args: JsonObject): Promise<Decision> {
  try {
    return step.module.plan(args, await step.module.read(args, probe))
  } catch (error) {
    throw new ProblemError(...problemsOf(error, { host, step: step.id, at: step.at }))
  }
}

function skippedOrWaiting(input: DecideInput): Extract<Decided, { kind: 'skipped' | 'deferred' }> | undefined {
  const { step, contexts, host } = input
  if (isFinished(contextOf(contexts, host), step))
    return { kind: 'skipped', reason: 'finished before the run was interrupted' }
  const trigger = triggerOf(input)
  if (trigger && trigger.kind === 'skipped') return trigger
  if (step.when) {
    const wait = waitsFor(contexts, host, step.when)
    if (wait !== undefined)
      return { kind: 'deferred', after: wait, reason: `its condition rests on the output of ${wait}` }
    if (!bindFor(input, step.when)) return { kind: 'skipped', reason: `not needed: ${step.when.source}` }
  }
  if (trigger) return trigger
  const wait = waitsFor(contexts, host, step.args)
  if (wait !== undefined)
    return { kind: 'deferred', after: wait, reason: `its arguments rest on the output of ${wait}` }
  const where = step.on && waitsFor(contexts, host, step.on)
  return where && { kind: 'deferred', after: where, reason: `where it works rests on the output of ${where}` }
}

/** Whether a step with `when_changed` has its reason; undefined: it has, or asks for none. */
function triggerOf({
  step,
  contexts,
  host,
  owed,
}: DecideInput): Extract<Decided, { kind: 'skipped' | 'deferred' }> | undefined {
  if (step.whenChanged.length === 0 || owed) return undefined
  const { changed, pending } = contextOf(contexts, host)
  if (step.whenChanged.some((id) => changed.has(id))) return undefined
  const open = step.whenChanged.find((id) => pending.has(id))
  if (open !== undefined) return { kind: 'deferred', after: open, reason: `runs if ${open} changes something` }
  return { kind: 'skipped', reason: `nothing changed in ${step.whenChanged.join(', ')}` }
}

/** The value of a bindable, or its problems with the host (and step) they arose on. */
export function unwrapFor<T>(result: Result<T>, context: Partial<Problem>): T {
  if (result.ok) return result.value
  const [first, ...others] = result.problems
  throw new ProblemError({ ...context, ...first }, ...others.map((problem) => ({ ...context, ...problem })))
}

/** The host that a step's `on` names, in the scope of its own; undefined where it works there. */
export function onOf(at: Pick<DecideInput, 'contexts' | 'host' | 'step'>): HostName | undefined {
  const { on } = at.step
  const name = on ? hostName(bindFor(at, on)) : undefined
  return name === at.host ? undefined : name
}

/** A bindable's value on one host. */
export function bindFor<T>(
  at: { readonly contexts: Contexts; readonly host: HostName; readonly step?: Step },
  bindable: Bindable<T>,
): T {
  const step = at.step ? { step: at.step.id } : {}
  return unwrapFor(bindable.bind(scopeOf(at.contexts, at.host, bindable.names)), { host: at.host, ...step })
}

/** What a decision that will not be done is told as. */
export function blockedProblem(decided: Extract<Decided, { kind: 'blocked' }>): Problem {
  const { message, hint, detail } = decided
  return {
    kind: 'blocked',
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(detail === undefined ? {} : { detail }),
  }
}
