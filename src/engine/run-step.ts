import type { HostName } from '../model/id.ts'
import type { Json, JsonObject } from '../model/json.ts'
import type { Change } from '../model/module.ts'
import { ProblemError, type ProblemKind, problemsOf } from '../model/problem.ts'
import type { Step } from '../model/runbook.ts'
import { applyStep } from './apply-step.ts'
import { bindFor, blockedProblem, type Decided, decide } from './decide.ts'
import { describe, fingerprint } from './drift.ts'
import { workplaceOf } from './elsewhere.ts'
import {
  contextOf,
  type HostContext,
  keepEarlierOutput,
  keepOutput,
  privilegeOf,
  type Workplace,
} from './host-context.ts'
import { recordChange } from './plan-stages.ts'
import { liveProbe } from './reads.ts'
import { folderOf, type Place, pause, type Running, stopIfAsked } from './running.ts'
import { decideUntil } from './try-again.ts'

export type StepResult = 'changed' | 'ok' | 'skipped'

/** Runs one step on one host: decides again, announces, changes, proves. Throws ProblemError when it failed; it is recorded then. */
export async function runStep(running: Running, place: Place): Promise<StepResult> {
  stopIfAsked(running.input)
  try {
    const decided = await decideUntil(running, place, () => decideInTime(running, place))
    return await runDecided(running, place, decided)
  } catch (error) {
    const [problem, ...others] = problemsOf(error, { host: place.host, step: place.step.id, at: place.step.at })
    if (!LEFT_OPEN.has(problem.kind)) await running.record({ type: 'step-failed', ...idsOf(place), problem })
    throw new ProblemError(problem, ...others)
  }
}

/** Nobody can say that it failed. */
const LEFT_OPEN: ReadonlySet<ProblemKind> = new Set(['interrupted', 'io', 'in-doubt'])

const idsOf = ({ host, stage, step }: Place) => ({ host, stage, step: step.id })

async function runDecided(running: Running, place: Place, decided: Decided): Promise<StepResult> {
  const context = contextOf(running.contexts, place.host)
  switch (decided.kind) {
    case 'skipped':
      keepEarlierOutput(context, place.step, null)
      await running.record({ type: 'step-finished', ...idsOf(place), result: 'skipped', summary: decided.reason })
      return 'skipped'
    case 'noop':
      keepEarlierOutput(context, place.step, decided.output)
      await running.record({
        type: 'step-finished',
        ...idsOf(place),
        result: 'ok',
        summary: decided.summary,
        ...namedOutput(context, place.step),
      })
      return 'ok'
    case 'change':
      refuseUnplanned(running, place, decided)
      await makeChange(running, await workingAt(running, place, decided.on), decided)
      return 'changed'
    case 'blocked':
      throw new ProblemError(blockedProblem(decided))
    case 'deferred':
      throw new Error(`step ${place.step.id} cannot be decided although it is reached: ${decided.reason}`)
  }
}

/** The output that later steps may ask for by name: kept, so that a resumed run sees what this one saw. */
function namedOutput({ outputs }: HostContext, { as }: Step): { readonly output?: Json } {
  const output = as === undefined ? undefined : outputs.get(as)
  return output === undefined ? {} : { output }
}

/**
 * Decides, and where the module may be waited for, again until it has not been blocked as often in a row as it asks
 * (`looks` overrides that), or its time is over.
 */
export async function decideInTime(running: Running, place: Place, looks?: number): Promise<Decided> {
  const decideNow = (): Promise<Decided> => decideOnce(running, place)
  const first = await decideNow()
  if (!('args' in first)) return first
  const patience = place.step.module.patience?.(first.args)
  if (!patience) return first
  const asked = looks ?? patience.consecutive ?? 1
  const until = running.input.clock.steadyMs() + patience.timeoutMs
  let [latest, good] = [first as Decided, first.kind === 'blocked' ? 0 : 1]
  while (good < asked && (latest.kind === 'blocked' || good > 0)) {
    if (latest.kind === 'blocked') {
      running.input.emit({ type: 'gate-waiting', stage: place.stage, what: place.step.name, reason: latest.message })
      if (running.input.clock.steadyMs() >= until) return latest
    }
    await pause(running.input, patience.everyMs)
    latest = await decideNow()
    good = latest.kind === 'blocked' ? 0 : good + 1
  }
  return latest
}

function decideOnce({ contexts, input }: Running, { host, step }: Place): Promise<Decided> {
  const look = (place: Workplace) => ({
    probe: liveProbe(place.connection, privilegeOf(input.runbook, step, place), step.timeoutMs),
  })
  const there = async (on: HostName) => look(await workplaceOf({ contexts, host, step }, on))
  const owed = input.owed.some((restart) => restart.host === host && restart.step === step.id)
  return decide({ step, host, contexts, ...look(contextOf(contexts, host)), there, owed })
}

/** What was not planned is not done: the one exception is a state that moves by itself. */
function refuseUnplanned(running: Running, { step, planned, plannedOn }: Place, { change, on }: Planned): void {
  const plain = recordChange(change, step)
  const recorded = running.input.concealing?.change(plain) ?? plain
  if (!recorded.reversible && !running.input.allowIrreversible) {
    throw new ProblemError({
      kind: 'irreversible',
      message: `${change.summary}: this cannot be undone`,
      hint: 'look at the plan, then say --allow-irreversible',
    })
  }
  if (!planned || planned.kind === 'deferred' || step.module.volatile) return
  const isSame = planned.kind === 'change' && fingerprint(planned.change) === fingerprint(recorded)
  if (isSame && plannedOn === on) return
  throw new ProblemError({
    kind: 'plan-drifted',
    message: `${step.module.name} would now do something else than planned: ${change.summary}${on === plannedOn ? '' : `, on ${on ?? 'its own host'}`}`,
    detail: `planned: ${describe(planned)}\nnow:     ${change.summary}`,
    hint: 'make a new plan and look at it',
  })
}

interface Planned {
  readonly change: Change
  readonly on?: HostName
}

/** The place with the host that the step works on, which is taken where that was not known before. */
async function workingAt({ contexts, locks }: Running, place: Place, on: HostName | undefined): Promise<Place> {
  if (on === undefined) return place
  const at = await workplaceOf({ ...place, contexts }, on)
  await locks?.take(at)
  return { ...place, at }
}

async function makeChange(
  running: Running,
  place: Place,
  decided: { readonly change: Change; readonly args: JsonObject; readonly on?: HostName },
): Promise<void> {
  const { input } = running
  const { step, host, stage } = place
  const ofHost = place.at ? `@${host}` : '' // several hosts may do the step on one
  const folder = folderOf(input, `${step.id}${place.planned ? '' : '.again'}${ofHost}`)
  const undo = boundUndo(running, place)
  await running.record({
    type: 'step-started',
    ...idsOf(place),
    name: step.name,
    module: step.module.name,
    ...(place.at ? { on: place.at.target.name } : {}),
    become: privilegeOf(input.runbook, step, place.at ?? contextOf(running.contexts, host)) === 'root',
    args: decided.args,
    folder,
    change: recordChange(decided.change, step),
    ...(decided.change.trace === undefined ? {} : { trace: decided.change.trace }),
    ...(undo === undefined ? {} : { undo }),
  })
  await owe(running, place)
  input.emit({ type: 'step-running', ...idsOf(place), name: step.name, summary: decided.change.summary })
  const output = await applyStep(running, place, { ...decided, folder })
  contextOf(running.contexts, host).changed.add(step.id)
  keepOutput(contextOf(running.contexts, host), step, output)
  const kept = output === undefined ? {} : { output }
  await running.record({
    type: 'step-finished',
    host,
    stage,
    step: step.id,
    result: 'changed',
    summary: decided.change.summary,
    ...kept,
  })
}

/** Restarts that follow from this step are owed from before it runs, so that a crash cannot lose them. */
async function owe(running: Running, { stage, host, step }: Place): Promise<void> {
  const steps = running.input.runbook.stages[stage]?.steps ?? []
  for (const follower of steps.filter((other) => other.whenChanged.includes(step.id))) {
    await running.record({ type: 'restart-owed', host, stage, step: follower.id, because: step.id })
  }
}

function boundUndo({ contexts }: Running, { host, step }: Place): { module: string; args: JsonObject } | undefined {
  if (!step.undo) return undefined
  return { module: step.undo.module.name, args: bindFor({ contexts, host, step }, step.undo.args) }
}
