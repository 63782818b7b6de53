import type { HostName, StepId } from '../model/id.ts'
import { INVENTORY } from '../model/include-names.ts'
import type { Json, JsonObject } from '../model/json.ts'
import type { RunRecord } from '../model/run-record.ts'
import type { Bindable, Runbook, Scope, Step } from '../model/runbook.ts'
import type { Privilege } from '../model/transport.ts'
import type { RunInput, TargetHost } from './input.ts'
import type { Link } from './link.ts'

/** A host that something is done on. */
export interface Workplace {
  readonly target: TargetHost
  readonly connection: Link
}

/** Hosts besides those of the run. */
export interface Elsewhere {
  /** Connects when first asked for. Throws ProblemError where the inventory has no such host, or it cannot be reached. */
  open(host: HostName): Promise<Workplace>
}

/**
 * What the engine knows of one host while it plans or runs: the open connection, the outputs so far, and which steps
 * changed something. Owned by one plan or run, and changed only by the functions of this file.
 */
export interface HostContext extends Workplace {
  readonly elsewhere: Elsewhere
  readonly outputs: Map<string, Json> // by `as`, and the runbook's vars
  readonly unknown: Map<string, StepId> // names whose value waits for a step (planning only)
  readonly changed: Set<StepId> // steps that changed, or would
  readonly pending: Set<StepId> // steps that are decided when reached (planning only)
  readonly past: Map<StepId, Past> // steps that a resumed run had finished before it was interrupted
  readonly scripts: { count: number } // that the run has sent to change something
}

export interface Past {
  readonly output?: Json
}

/** `scripts` is one for all hosts of a run: one machine may have two names. */
export const openContext = (
  { target, connection }: Workplace,
  elsewhere: Elsewhere,
  scripts: HostContext['scripts'] = { count: 0 },
): HostContext => ({
  target,
  connection,
  elsewhere,
  outputs: new Map(),
  unknown: new Map(),
  changed: new Set(),
  pending: new Set(),
  past: new Map(),
  scripts,
})

export type Contexts = ReadonlyMap<HostName, HostContext>

export const contextOf = (contexts: Contexts, host: HostName): HostContext => {
  const context = contexts.get(host)
  if (!context) throw new Error(`no context for host ${host}`)
  return context
}

/** What templates and expressions of this host see; `hosts` only where it is asked for, it costs all hosts' values. */
export function scopeOf(contexts: Contexts, host: HostName, names: readonly string[]): Scope {
  const own = valuesOf(contextOf(contexts, host), names)
  if (!names.includes('hosts')) return own
  const hosts = Object.fromEntries([...contexts].map(([name, context]) => [name, valuesOf(context, names)]))
  return { ...own, hosts }
}

function valuesOf({ target, outputs }: HostContext, names: readonly string[]): JsonObject {
  const [variables = {}, params = {}] = [target.variables, target.params].map((values) => withSecrets(values, target))
  const byThemselves = names.includes(INVENTORY) ? { [INVENTORY]: variables } : {}
  return { ...variables, ...params, params, ...Object.fromEntries(outputs), ...byThemselves }
}

/** Secrets are in clear only while something is bound. */
function withSecrets(values: JsonObject, { secrets }: TargetHost): JsonObject {
  if (!secrets || secrets.size === 0) return values
  const own = [...secrets].filter(([name]) => Object.hasOwn(values, name))
  return { ...values, ...Object.fromEntries(own.map(([name, secret]) => [name, JSON.parse(secret.reveal())])) }
}

/** The step that a bindable waits for, when one of its names is not known yet on this host (or on any, for `hosts`). */
export function waitsFor(contexts: Contexts, host: HostName, bindable: Bindable<unknown>): StepId | undefined {
  const unknowns = bindable.names.includes('hosts')
    ? [...contexts.values()].flatMap((context) => [...context.unknown])
    : bindable.names.flatMap((name) => [...contextOf(contexts, host).unknown].filter(([unknown]) => unknown === name))
  return unknowns[0]?.[1]
}

/** What the step says, else the runbook, else the host's own `ansible_become`. */
export const privilegeOf = (runbook: Runbook, step: Step, { target }: Workplace): Privilege =>
  (step.become ?? runbook.become ?? target.become) ? 'root' : 'login'

/**
 * `RUN.TIME.NUMBER.kind`: the run that does it, the how manieth time that this goes on, and a number, each growing, whatever the
 * clock has been set to. No other receipt of a step has this name, and none is the beginning of another.
 */
export function receiptName(
  { scripts }: HostContext,
  { run, past }: Pick<RunInput, 'run' | 'past'>,
  kind: 'run' | 'armed' = 'run',
): string {
  scripts.count += 1
  return `${run}.${past ? past.resumed + 1 : 0}.${scripts.count}.${kind}`
}

/** Tells the contexts what the run did before it was interrupted. */
export function restorePast(contexts: Contexts, { finished }: RunRecord): void {
  for (const { host, step, ...past } of finished) contextOf(contexts, host).past.set(step, past)
}

/**
 * Whether a step was finished before an interruption, and stays so: a later step may have changed the same thing since.
 * What only looks (is the cluster healthy?) and what moves by itself (which member leads) is decided anew, but on a host that was
 * switched off since.
 */
export const isFinished = ({ past, connection }: HostContext, { id, module }: Step): boolean =>
  past.has(id) && (connection.isAwaited() || (module.effect !== 'reads' && !module.volatile))

/** Keeps the output of a step that did nothing now: what it gave before an interruption goes first. */
export const keepEarlierOutput = (context: HostContext, step: Step, output: Json | undefined): void =>
  keepOutput(context, step, context.past.get(step.id)?.output ?? output)

/** Keeps a step's output under its `as` name. */
export function keepOutput(context: HostContext, step: Step, output: Json | undefined): void {
  if (step.as === undefined) return
  context.outputs.set(step.as, output ?? null)
  context.unknown.delete(step.as)
}
