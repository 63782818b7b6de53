import type { HostName } from '../model/id.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { type Change, type Detail, effectOf, type Resource } from '../model/module.ts'
import type { PlannedDecision, PlannedStage, PlannedStep, RecordedChange } from '../model/plan.ts'
import type { Stage, Step } from '../model/runbook.ts'
import { unreachable } from '../model/unreachable.ts'
import { type Decided, decide } from './decide.ts'
import { workplaceOf } from './elsewhere.ts'
import { type Contexts, contextOf, keepEarlierOutput, scopeOf, type Workplace, waitsFor } from './host-context.ts'
import { isTaken } from './includes.ts'
import { type Looking, probeAt } from './looking.ts'
import { makeBatches, orderHosts } from './order.ts'
import { nothingPredicted, type Prediction, predictChange, predictUnknown } from './predict.ts'
import { notWaitedFor } from './try-again.ts'

/** Every guard on every host. */
export async function planGuards(input: Looking): Promise<readonly PlannedStep[]> {
  const pairs = input.hosts.flatMap((host) =>
    input.runbook.guards
      .filter(({ include }) => isTaken(input.contexts, host, include))
      .map((step) => ({ host, step })),
  )
  return Promise.all(
    pairs.map(async ({ host, step }) => {
      if (contextOf(input.contexts, host).connection.isAwaited())
        return plannedStep(host, step, { kind: 'skipped', reason: 'it held when the run began' })
      const decided = await decideOn(input, { host, step, predictions: new Map() })
      return plannedStep(host, step, decided)
    }),
  )
}

/** Every stage, host by host in the order foreseen; a later step on a host rests on what the earlier ones will leave. */
export async function planStages(input: Looking): Promise<readonly PlannedStage[]> {
  const predictions = new Map<HostName, Prediction>(input.hosts.map((host) => [host, nothingPredicted]))
  const stages: PlannedStage[] = []
  for (const [index, stage] of input.runbook.stages.entries()) {
    const hosts = input.stageHosts.get(index) ?? input.hosts
    const taken = hosts.filter((host) => isTaken(input.contexts, host, stage.include))
    stages.push(await planStage({ ...input, hosts: taken }, stage, predictions))
  }
  return stages
}

async function planStage(input: Looking, stage: Stage, predictions: Map<HostName, Prediction>): Promise<PlannedStage> {
  const order = orderHosts(stage, input.hosts, input.contexts)
  const planOne = (host: HostName) => planHost(input, { stage, host, first: host === order[0] }, predictions)
  const perHost = stage.steps.some(({ on }) => on)
    ? await inTurn(order, planOne)
    : await Promise.all(order.map(planOne))
  return { name: stage.name, batches: makeBatches(order, stage.rolling.batch), steps: perHost.flat() }
}

/** Hosts that work on one host see what the ones before them will leave there. */
async function inTurn<T>(hosts: readonly HostName[], plan: (host: HostName) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = []
  for (const host of hosts) results.push(await plan(host))
  return results
}

interface Place {
  readonly stage: Stage
  readonly host: HostName
  readonly first: boolean
}

async function planHost(
  input: Looking,
  place: Place,
  predictions: Map<HostName, Prediction>,
): Promise<readonly PlannedStep[]> {
  const { host, stage } = place
  const planned: PlannedStep[] = []
  for (const step of stage.steps) {
    const decided: Decided =
      step.runOnce && !place.first
        ? { kind: 'skipped', reason: 'runs once, on the first host of the stage' }
        : await decideOn(input, { host, step, predictions })
    for (const [at, next] of foreseen(input.contexts, { host, step, decided, predictions })) predictions.set(at, next)
    planned.push(plannedStep(host, step, decided))
  }
  return planned
}

interface Foreseeing {
  readonly host: HostName
  readonly step: Step
  readonly decided: Decided
  readonly predictions: ReadonlyMap<HostName, Prediction>
}

/** What a decision means for the host that is worked on; what another host changes may be seen on the step's own. */
function foreseen(
  contexts: Contexts,
  { host, step, decided, predictions }: Foreseeing,
): readonly (readonly [HostName, Prediction])[] {
  const own = predictions.get(host) ?? nothingPredicted
  const on = 'on' in decided ? decided.on : undefined
  if (on === undefined) return [[host, foresee(contexts, { host, step, decided, prediction: own })]]
  const there = predictions.get(on) ?? nothingPredicted
  const next = foresee(contexts, { host, step, decided, prediction: there })
  return [[on, next], ...(next === there ? [] : [[host, { ...own, lastChange: step.id }] as const])]
}

/** What a decision means for the steps after it on the same host. */
function foresee(
  contexts: Contexts,
  { host, step, decided, prediction }: { host: HostName; step: Step; decided: Decided; prediction: Prediction },
): Prediction {
  const context = contextOf(contexts, host)
  switch (decided.kind) {
    case 'noop':
      keepEarlierOutput(context, step, decided.output)
      return prediction
    case 'skipped':
      keepEarlierOutput(context, step, null)
      return prediction
    case 'blocked':
      if (step.as !== undefined) context.unknown.set(step.as, step.id) // so that what asks for it is planned all the same
      return prediction
    case 'change':
      context.changed.add(step.id)
      if (step.as !== undefined) context.unknown.set(step.as, step.id)
      return predictChange(prediction, step.id, decided.change)
    case 'deferred':
      context.pending.add(step.id)
      if (step.as !== undefined) context.unknown.set(step.as, step.id)
      return foreseeDeferred(contexts, { host, step, prediction })
    default:
      return unreachable(decided)
  }
}

/** A step decided later leaves what it touches unknown, unless all it can do is look. */
function foreseeDeferred(
  contexts: Contexts,
  { host, step, prediction }: { host: HostName; step: Step; prediction: Prediction },
): Prediction {
  const args = boundNow(contexts, host, { step, known: 'all' })
  const effect = args ? effectOf(step.module, args) : step.module.effect
  if (effect === 'reads') return prediction
  return predictUnknown(prediction, step.id, args ? step.module.resources(args) : [])
}

async function decideOn(input: Looking, { host, step, predictions }: Omit<Foreseeing, 'decided'>): Promise<Decided> {
  const look = (name: HostName, at?: Workplace) => {
    const prediction = predictions.get(name) ?? nothingPredicted
    const predicted = (resource: Resource): Json | undefined => prediction.states.get(resource)?.state ?? undefined
    return { prediction, probe: probeAt(input, { host, step, predicted, ...(at ? { at } : {}) }) }
  }
  const owed = input.owed.some((restart) => restart.host === host && restart.step === step.id)
  const deciding = {
    step,
    host,
    contexts: input.contexts,
    ...look(host),
    there: async (on: HostName) => look(on, await workplaceOf({ contexts: input.contexts, host, step }, on)),
    owed,
  }
  return notWaitedFor(deciding, await decide(deciding))
}

/** How much is known when reads are started: before the facts came, conditions that rest on them cannot be judged. */
type Known = 'no facts' | 'all'

/**
 * Starts the reads of all steps at once, so that they leave in one round trip; their replies are kept, and deciding
 * one step after another then finds them. What fails here fails again, and is told, when its step is decided.
 */
export async function prefetch(input: Looking, known: Known): Promise<void> {
  const steps = input.runbook.stages.flatMap((stage) => stage.steps)
  const reads = input.hosts.flatMap((host) =>
    steps
      .filter(({ include, on }) => !on && (known === 'all' ? isTaken(input.contexts, host, include) : !include))
      .map((step) => prefetchOne(input, host, { step, known })),
  )
  await Promise.allSettled(reads)
}

interface Prefetched {
  readonly step: Step
  readonly known: Known
}

async function prefetchOne(input: Looking, host: HostName, { step, known }: Prefetched): Promise<void> {
  const args = boundNow(input.contexts, host, { step, known })
  if (args) await step.module.read(args, probeAt(input, { host, step }))
}

/** The step's arguments where they can be known before anything has run, and its condition does not rule it out. */
function boundNow(contexts: Contexts, host: HostName, { step, known }: Prefetched): JsonObject | undefined {
  if (waitsFor(contexts, host, step.args) !== undefined) return undefined
  const when = step.when?.bind(scopeOf(contexts, host, step.when.names))
  if (when && (when.ok ? !when.value : known === 'no facts')) return undefined
  const args = step.args.bind(scopeOf(contexts, host, step.args.names))
  return args.ok ? args.value : undefined
}

export function plannedStep(host: HostName, step: Step, decided: Decided): PlannedStep {
  const resources = 'args' in decided ? step.module.resources(decided.args) : []
  const { id, name, commit, at } = step
  return {
    host,
    ...('on' in decided && decided.on !== undefined ? { on: decided.on } : {}),
    step: id,
    name,
    module: step.module.name,
    resources,
    decision: recordDecision(decided, step),
    commit,
    at,
  }
}

function recordDecision(decided: Decided, step: Step): PlannedDecision {
  switch (decided.kind) {
    case 'change':
      return { kind: 'change', change: recordChange(decided.change, step) }
    case 'noop':
      return { kind: 'noop', summary: decided.summary }
    case 'blocked': {
      const { args: _, on: __, ...blocked } = decided
      return blocked
    }
    case 'skipped':
    case 'deferred':
      return decided
    default:
      return unreachable(decided)
  }
}

/** A change as plans and journals keep it; a step's own `undo` makes any change reversible. */
export function recordChange(change: Change, step: Step): RecordedChange {
  const { material: _, predicts: __, trace: ___, sparesHost: ____, ...recorded } = change
  const armed = step.confirmMs === undefined ? [] : [confirmNote(step.confirmMs)]
  return {
    ...recorded,
    details: [...recorded.details, ...armed],
    ...(step.undo ? { reversible: true } : {}),
  }
}

const confirmNote = (ms: number): Detail => ({
  kind: 'note',
  text: `undone by the host itself unless a new connection confirms it within ${ms / 1000} s`,
})
