import type { HostName } from '../model/id.ts'
import type { Plan, PlannedDecision } from '../model/plan.ts'
import { ProblemError, type ProblemKind, problemsOf } from '../model/problem.ts'
import type { Stage, Step } from '../model/runbook.ts'
import { gatherFacts } from './facts.ts'
import { passGate, passGateAndSoak } from './gate.ts'
import { contextOf, keepOutput, privilegeOf } from './host-context.ts'
import { isTaken } from './includes.ts'
import { factsToKeep, recallFacts } from './kept-facts.ts'
import { makeBatches, orderHosts } from './order.ts'
import { eachLimited, liveProbe } from './reads.ts'
import { runStep } from './run-step.ts'
import { type Place, type Running, stopIfAsked } from './running.ts'

/** A stage of an approved plan, and the hosts it is for. */
export interface StageInput {
  readonly plan: Plan
  readonly stage: Stage
  readonly index: number
  readonly hosts: readonly HostName[]
}

/**
 * Runs a stage: facts anew, order decided by them, then batch after batch, with the gate before the first, and gate and
 * soak after each batch that changed something. Throws when more hosts failed than the stage allows; gives the failed ones.
 */
export async function runStage(running: Running, input: StageInput): Promise<readonly HostName[]> {
  const { stage, index } = input
  if (!hasWork(input)) return []
  const { contexts } = running
  await refreshFacts(running, recallFacts({ contexts, hosts: input.hosts }, running.input, index), index)
  const taken = input.hosts.filter((host) => isTaken(running.contexts, host, stage.include))
  const order = orderHosts(stage, taken, running.contexts)
  const batches = makeBatches(order, stage.rolling.batch)
  const kept = factsToKeep(contexts, running.input, input)
  await running.record({ type: 'stage-started', stage: index, name: stage.name, batches, ...kept })
  // With a host switched off the run is in the middle of its batch, before which the gate was open.
  const isWhole = taken.every((host) => !contextOf(contexts, host).connection.isAwaited())
  if (isWhole) await passGate(running, { stage, index, hosts: batches[0] ?? [] })
  const failed: HostName[] = []
  for (const [number, hosts] of batches.entries()) {
    stopIfAsked(running.input)
    running.input.emit({ type: 'batch-started', stage: index, batch: number, hosts })
    failed.push(...(await runBatch(running, { ...input, hosts, first: order[0] }, failed.length)))
  }
  return failed
}

/** Whether the plan foresees anything but reads in this stage, or later steps may ask for what it reads. */
const hasWork = ({ plan, stage, index }: StageInput): boolean =>
  stage.steps.some((step) => step.as !== undefined) ||
  (plan.stages[index]?.steps ?? []).some(({ decision }) => decision.kind === 'change' || decision.kind === 'deferred')

/** Facts and vars as they are now, but for those that are kept of the interrupted `stage`; the outputs of steps stay. */
export async function refreshFacts(running: Running, hosts: readonly HostName[], stage?: number): Promise<void> {
  const { input, contexts } = running
  const probeFor = (host: HostName, step: Step) =>
    liveProbe(
      contextOf(contexts, host).connection,
      privilegeOf(input.runbook, step, contextOf(contexts, host)),
      step.timeoutMs,
    )
  await gatherFacts({ ...input, ...(stage === undefined ? {} : { stage }), contexts, hosts, probeFor })
}

interface BatchInput extends StageInput {
  readonly first: HostName | undefined
}

async function runBatch(running: Running, batch: BatchInput, failedBefore: number): Promise<readonly HostName[]> {
  const { stage, index, hosts } = batch
  // What hosts do on another host has the order of the plan, which rests on it; undoing rests on it, too.
  const atATime = stage.steps.some(({ on }) => on) ? 1 : running.input.forks
  const results = await eachLimited(hosts, atATime, (host) => runHost(running, batch, host))
  const failures = results.filter((result) => result.failure !== undefined)
  const [worst] = failures
  if (worst?.failure && failedBefore + failures.length > stage.rolling.maxFailed) throw worst.failure
  const changed = results.filter((result) => result.changed).map((result) => result.host)
  if (changed.length > 0) await passGateAndSoak(running, { stage, index, hosts: changed })
  return failures.map((failure) => failure.host)
}

interface HostResult {
  readonly host: HostName
  readonly changed: boolean
  readonly failure?: ProblemError
}

async function runHost(running: Running, batch: BatchInput, host: HostName): Promise<HostResult> {
  let changed = false
  try {
    for (const step of batch.stage.steps) {
      if (step.runOnce && host !== batch.first) {
        keepOutput(contextOf(running.contexts, host), step, null)
        continue
      }
      const result = await runStep(running, { stage: batch.index, host, step, ...plannedFor(batch, host, step) })
      changed ||= result === 'changed'
    }
    return { host, changed }
  } catch (error) {
    const failure = new ProblemError(...problemsOf(error, { host }))
    if (ENDING_ALL.has(failure.problems[0].kind)) throw failure
    return { host, changed, failure }
  }
}

/** Within no budget of failures. */
const ENDING_ALL: ReadonlySet<ProblemKind> = new Set(['interrupted', 'io', 'in-doubt'])

/** What the plan says of the step; a plan that does not know it says that it is not done. */
function plannedFor({ plan, index }: BatchInput, host: HostName, step: Step): Pick<Place, 'planned' | 'plannedOn'> {
  const planned = plan.stages[index]?.steps.find((candidate) => candidate.host === host && candidate.step === step.id)
  const decision: PlannedDecision = planned?.decision ?? { kind: 'skipped', reason: 'the plan does not hold this step' }
  return { planned: decision, plannedOn: planned?.on }
}
