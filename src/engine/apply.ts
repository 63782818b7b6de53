import type { Outcome } from '../model/event.ts'
import type { HostName, StepId } from '../model/id.ts'
import type { Reading } from '../model/measure.ts'
import { countPlan, plannedSteps } from '../model/plan.ts'
import { type Problem, ProblemError, problemsOf } from '../model/problem.ts'
import type { OwedRestart, RunRecord } from '../model/run-record.ts'
import type { Step } from '../model/runbook.ts'
import { becomeFirst } from './become-first.ts'
import { driftBetween } from './drift.ts'
import { restorePast } from './host-context.ts'
import { choiceEvents } from './includes.ts'
import type { ApplyInput, RunSummary } from './input.ts'
import { recallFacts } from './kept-facts.ts'
import { recordMeasures } from './measure.ts'
import { needToGoOn } from './need.ts'
import { type OpenHosts, openHosts } from './open-hosts.ts'
import { planOn } from './plan.ts'
import { refreshFacts, runStage } from './run-stage.ts'
import { type Ending, journaled, type Running } from './running.ts'
import { settleOpen } from './settle.ts'
import { undoChanges } from './undo.ts'

/**
 * Applies an approved plan, or with `past` goes on with a run that was interrupted: verifies it against the hosts, journals, changes, measures. What fails is told in the
 * summary; only what goes wrong before the first write (unreachable, drifted, blocked) throws ProblemError.
 */
export async function applyPlan(input: ApplyInput): Promise<RunSummary> {
  const open = await openHosts(input, (host) => needToGoOn(host, input))
  try {
    const doing = { verb: 'apply', also: plannedElsewhere(input) } as const
    const check = (): Promise<void> => verify(input, open)
    return await journaled(input, { open, doing, check, work: (running) => runAll(running, input) })
  } finally {
    await open.close()
  }
}

/** The hosts that the plan works on with `on`; one that is known only when its step is reached is taken then. */
const plannedElsewhere = ({ plan }: ApplyInput): readonly HostName[] => [
  ...new Set(plannedSteps(plan).flatMap(({ on }) => on ?? [])),
]

/** Nothing is written unless the plan is still true and nothing in it is blocked. */
async function verify(input: ApplyInput, open: OpenHosts): Promise<void> {
  const [now] = await Promise.all([planOn(input, open, 'unmeasured'), becomeFirst(input, open)])
  const steps = stepsOf(input)
  const drifts = driftBetween(input.plan, now, (id) => steps.get(id))
  const blocked = [...now.guards, ...now.stages.flatMap((stage) => stage.steps)].flatMap((step): readonly Problem[] => {
    if (step.decision.kind !== 'blocked') return []
    const { kind: _, ...why } = step.decision
    return [{ kind: 'blocked', host: step.host, step: step.step, at: step.at, ...why }]
  })
  const [first, ...others] = [...drifts, ...blocked]
  if (first) throw new ProblemError(first, ...others)
}

const stepsOf = ({ runbook }: ApplyInput): ReadonlyMap<StepId, Step> =>
  new Map(runbook.stages.flatMap((stage) => stage.steps).map((step) => [step.id, step]))

async function runAll(running: Running, input: ApplyInput): Promise<Ending> {
  const { change, deferred } = countPlan(input.plan)
  if (change + deferred === 0 && !input.past) return { outcome: 'nothing-to-do', problems: [] }
  const before = earlierReadings(input) ?? (await recordReadings(running, input.plan.measures))
  try {
    const going = input.past ? await goOnFrom(running, input.past) : running
    await chooseIncludes(going, input)
    const failed = await runStages(going, input)
    if (failed.length > 0) return { outcome: 'failed-not-rolled-back', problems: failed }
  } catch (error) {
    return failedEnding(running, problemsOf(error))
  }
  const after = await recordMeasures(running, 'after', before)
  const missed = after.filter((reading) => reading.verdict === 'fail')
  return missed.length === 0 ? { outcome: 'applied', problems: [] } : missedEnding(running, missed)
}

/** Which includes are taken is settled on every host before anything changes, and kept. */
async function chooseIncludes(running: Running, input: ApplyInput): Promise<void> {
  const { runbook } = input
  if (!runbook.includes) return
  const hosts = input.hosts.map(({ name }) => name)
  await refreshFacts(running, recallFacts({ contexts: running.contexts, hosts }, input), input.past?.facts?.stage)
  for (const event of choiceEvents(running.contexts, runbook)) await running.record(event)
}

async function missedEnding(running: Running, missed: readonly Reading[]): Promise<Ending> {
  if (running.input.runbook.onMissedTarget === 'keep') return { outcome: 'target-missed', problems: [] }
  return undoneEnding(
    running,
    missed.map(({ measure, host, value, unit, target }) => ({
      kind: 'step-failed',
      host,
      message: `${measure} missed its target: ${value} ${unit}, wanted ${target}`,
    })),
    [...running.contexts.keys()],
  )
}

/** A resumed run compares with what was measured before it changed anything. */
function earlierReadings({ past }: ApplyInput): readonly Reading[] | undefined {
  const readings = past?.readings.filter((reading) => reading.phase === 'before') ?? []
  return readings.length > 0 ? readings : undefined
}

/** What was open when the run was interrupted is settled from the hosts; what was done stays done. */
async function goOnFrom(running: Running, past: RunRecord): Promise<Running> {
  const { input, contexts } = running
  await settleOpen(running, past.changes)
  const record = await input.journals.fold(input.run)
  restorePast(contexts, record)
  const isPaid = (owed: OwedRestart): boolean => past.owed.some(isSame(owed)) && !record.owed.some(isSame(owed))
  return { ...running, input: { ...input, owed: input.owed.filter((owed) => !isPaid(owed)) } }
}

const isSame =
  (one: OwedRestart) =>
  (other: OwedRestart): boolean =>
    one.host === other.host && one.stage === other.stage && one.step === other.step

async function recordReadings(running: Running, readings: readonly Reading[]): Promise<readonly Reading[]> {
  for (const reading of readings) await running.record({ type: 'measured', reading })
  return readings
}

/** All stages; hosts that failed within a stage's budget are left out of the later ones, and told. */
async function runStages(running: Running, input: ApplyInput): Promise<readonly Problem[]> {
  let hosts: readonly HostName[] = input.hosts.map((host) => host.name)
  const failed: HostName[] = []
  for (const [index, stage] of input.runbook.stages.entries()) {
    const of = input.stageHosts.get(index) ?? hosts
    const lost = await runStage(running, {
      plan: input.plan,
      stage,
      index,
      hosts: of.filter((host) => hosts.includes(host)),
    })
    failed.push(...lost)
    hosts = hosts.filter((host) => !lost.includes(host))
  }
  return failed.map((host) => ({
    kind: 'step-failed',
    host,
    message: 'a step failed on this host, within the failures allowed',
  }))
}

async function failedEnding(running: Running, problems: readonly Problem[]): Promise<Ending> {
  const [first] = problems
  if (first?.kind === 'interrupted') return { outcome: 'interrupted', problems }
  // A journal that cannot be written stops everything, the undoing too: an effect without a record is worse.
  if (first?.kind === 'io') throw new ProblemError(first, ...problems.slice(1))
  // Whoever has taken the hosts from the run must not find it undoing there; nor is undone what may still be going on.
  if (first?.kind === 'locked' || first?.kind === 'in-doubt') return { outcome: 'failed-not-rolled-back', problems }
  const { onFailure } = running.input.runbook
  if (onFailure === 'stop') return { outcome: await stoppedOutcome(running), problems }
  const hosts = onFailure === 'rollback_host' ? [first?.host] : [...running.contexts.keys()]
  return undoneEnding(running, problems, hosts)
}

/** Nothing is left changed where hosts have undone by themselves all that there was. */
async function stoppedOutcome({ input }: Running): Promise<Outcome> {
  const { changes } = await input.journals.fold(input.run)
  const isUndone = changes.length > 0 && changes.every(({ state }) => state === 'undone')
  return isUndone ? 'failed-rolled-back' : 'failed-not-rolled-back'
}

/** Undoes what this run changed on these hosts, and measures once more. */
async function undoneEnding(
  running: Running,
  problems: readonly Problem[],
  hosts: readonly (HostName | undefined)[],
): Promise<Ending> {
  running.input.emit({ type: 'rolling-back', run: running.input.run, why: problems[0]?.message ?? 'a step failed' })
  const record = await running.input.journals.fold(running.input.run)
  const left = await undoChanges(
    running,
    record.changes.filter((change) => hosts.includes(change.host)),
    record,
  )
  await recordMeasures(running, 'after-rollback', [])
  return { outcome: left.length > 0 ? 'rollback-failed' : 'failed-rolled-back', problems: [...problems, ...left] }
}
