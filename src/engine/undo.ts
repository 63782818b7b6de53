import type { HostName, StepId } from '../model/id.ts'
import { type Problem, ProblemError, problemsOf } from '../model/problem.ts'
import type { ChangeRecord, RunRecord } from '../model/run-record.ts'
import type { Stage, Step } from '../model/runbook.ts'
import { passGate } from './gate.ts'
import { contextOf } from './host-context.ts'
import { orderHosts } from './order.ts'
import { refreshFacts } from './run-stage.ts'
import { runStep } from './run-step.ts'
import type { Running } from './running.ts'
import { settleOpen } from './settle.ts'
import { settleArmed } from './settle-armed.ts'
import { undoOne } from './undo-one.ts'
import { undoOrder } from './undo-order.ts'

/** The changes of one host in one stage: what is undone together, between two openings of the gate. */
interface Unit {
  readonly stage: number
  readonly host: HostName
  readonly changes: readonly ChangeRecord[] // in the order they were made
  readonly broken: boolean // a step failed here, or nobody knows how it ended, or the host is down
}

/**
 * Undoes changes, newest stage first; what was announced and never begun is not undone. Within a stage the hosts with a failed or doubtful step come first and without a
 * gate (they may be why it is closed); the others follow in the order of the stage's rolling rule as of now, each
 * behind the gate. Returns what could not be undone; it goes on past a failing undo as long as the gate opens.
 */
export async function undoChanges(
  running: Running,
  changes: readonly ChangeRecord[],
  { finished }: Pick<RunRecord, 'finished'>,
): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const byHost = await settleArmed(running, changes)
  const left = changes.filter((change) => !byHost.includes(change))
  const notBegun = await settleOpen(running, left)
  const stages = [...new Set(left.map((change) => change.stage))].sort((a, b) => b - a)
  for (const index of stages) {
    const own = left.filter((change) => change.stage === index && !notBegun.includes(change))
    const units = unitsOf(running, own)
    if (units.length > 0) problems.push(...(await undoStage(running, { index, units, finished })))
  }
  return problems
}

function unitsOf({ contexts }: Running, changes: readonly ChangeRecord[]): readonly Unit[] {
  const open = changes.filter((change) => change.state !== 'undone')
  const hosts = [...new Set(open.map((change) => change.host))]
  return hosts.map((host) => {
    const own = open.filter((change) => change.host === host)
    const isOpen = own.some((change) => change.state === 'failed' || change.state === 'started')
    const broken = isOpen || contextOf(contexts, host).connection.isAwaited()
    return { stage: own[0]?.stage ?? 0, host, changes: own, broken }
  })
}

interface UndoneStage extends Pick<RunRecord, 'finished'> {
  readonly index: number
  readonly units: readonly Unit[]
}

async function undoStage(running: Running, { index, units, finished }: UndoneStage): Promise<readonly Problem[]> {
  const stage = running.input.runbook.stages[index]
  if (!stage) throw new Error(`the runbook has no stage ${index}`)
  const problems: Problem[] = []
  const shared = shareHost(units)
  for (const unit of units.filter((candidate) => candidate.broken && !shared))
    problems.push(...(await undoUnit(running, stage, unit)))
  for (const unit of shared ? await newestFirst(running, units) : await inOrder(running, stage, units)) {
    try {
      if (!unit.broken) await passGate(running, { stage, index, hosts: [unit.host] })
      if (!unit.broken) await beforeUndo(running, { stage, unit, finished })
    } catch (error) {
      // Undoing behind a closed gate could cost the cluster: what is left stays as it is, and is told.
      return [...problems, ...problemsOf(error, { host: unit.host })]
    }
    problems.push(...(await undoUnit(running, stage, unit)))
  }
  await passLastGate(running, { stage, index, units }).catch((error: unknown) => {
    problems.push(...problemsOf(error))
  })
  return problems
}

/** A broken unit was undone without a look at its host: what the gate may ask for is looked at first. */
async function passLastGate(
  running: Running,
  { stage, index, units }: { readonly stage: Stage; readonly index: number; readonly units: readonly Unit[] },
): Promise<void> {
  const unseen = units.filter(({ broken }) => broken).map(({ host }) => host)
  const needsFacts = stage.rolling.gate.some(({ when }) => when !== undefined)
  if (needsFacts && unseen.length > 0) await refreshFacts(running, unseen)
  await passGate(running, { stage, index, hosts: units.map(({ host }) => host) })
}

/** Whether what two units changed lies on one host: there the later change rests on the earlier one. */
function shareHost(units: readonly Unit[]): boolean {
  const hosts = units.flatMap(({ host, changes }) => [...new Set([host, ...changes.map(({ on }) => on ?? host)])])
  return new Set(hosts).size < hosts.length
}

/** Such units were changed one after the other (run-stage.ts), and are undone from the last to the first. */
async function newestFirst(running: Running, units: readonly Unit[]): Promise<readonly Unit[]> {
  await refreshFacts(
    running,
    units.filter(({ broken }) => !broken).map(({ host }) => host),
  )
  return units.toReversed()
}

/** The sound units in the order that the stage's rolling rule gives now. */
async function inOrder(running: Running, stage: Stage, units: readonly Unit[]): Promise<readonly Unit[]> {
  const sound = units.filter((unit) => !unit.broken)
  if (sound.length === 0) return []
  const hosts = sound.map((unit) => unit.host)
  await refreshFacts(running, hosts)
  return orderHosts(stage, hosts, running.contexts).flatMap((host) => sound.filter((unit) => unit.host === host))
}

/**
 * Steps marked `before_undo` run again first: leadership away, health. Their conditions said whether there was something
 * to change; that there is something to undo is known. What the run only ever skipped on this host is not for it.
 */
async function beforeUndo(
  running: Running,
  { stage, unit, finished }: { readonly stage: Stage; readonly unit: Unit } & Pick<RunRecord, 'finished'>,
): Promise<void> {
  const wasSkipped = ({ id }: Step): boolean => {
    const own = finished.filter(({ host, step }) => host === unit.host && step === id)
    return own.length > 0 && own.every(({ skipped }) => skipped)
  }
  for (const { when: _, ...step } of stage.steps.filter((one) => one.beforeUndo && !wasSkipped(one))) {
    await runStep(running, { stage: unit.stage, host: unit.host, step })
  }
}

async function undoUnit(running: Running, stage: Stage, unit: Unit): Promise<readonly Problem[]> {
  const { before, from } = splitAtCommit(unit.changes, stage.steps)
  const problems = await undoEach(running, undoOrder(from, stage.steps), stage.steps)
  if (from[0] === undefined || from === unit.changes) return problems
  // Beyond the point of no return only its own undo leads back, and what came before it must not be undone besides.
  return [...problems, ...(problems.length === 0 ? await coverEach(running, before, from[0]) : before.map(uncovered))]
}

/** The changes from the last point of no return that was reached, and those before it; without one, all are `from`. */
export function splitAtCommit(
  changes: readonly ChangeRecord[],
  steps: readonly Step[],
): { readonly before: readonly ChangeRecord[]; readonly from: readonly ChangeRecord[] } {
  const commits = new Set(steps.filter((step) => step.commit).map((step) => step.id))
  const index = changes.findLastIndex((change) => commits.has(change.step))
  return index <= 0 ? { before: [], from: changes } : { before: changes.slice(0, index), from: changes.slice(index) }
}

async function undoEach(
  running: Running,
  changes: readonly ChangeRecord[],
  steps: readonly Step[],
): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const left = new Set<StepId>() // steps that are not undone
  for (const change of changes) {
    const rests = steps.find((step) => step.id === change.step)?.whenChanged.find((id) => left.has(id))
    try {
      if (rests !== undefined) throw new ProblemError(notMadeEffective(change, rests))
      await undoOne(running, change)
    } catch (error) {
      left.add(change.step)
      problems.push(...problemsOf(error))
    }
  }
  return problems
}

/** A restart would only make effective again what could not be undone; it stays open for the next rollback. */
const notMadeEffective = ({ host, step, change }: ChangeRecord, rests: StepId): Problem => ({
  kind: 'rollback-failed',
  host,
  step,
  message: `${change.summary}: not undone, because ${rests} before it could not be undone`,
})

/** The undo of a point of no return has undone what was before it, too. */
async function coverEach(
  running: Running,
  changes: readonly ChangeRecord[],
  commit: ChangeRecord,
): Promise<readonly Problem[]> {
  for (const { host, stage, step } of changes.toReversed()) {
    await running.record({ type: 'undo-finished', host, stage, step, summary: `undone with ${commit.name}` })
  }
  return []
}

const uncovered = (change: ChangeRecord): Problem => ({
  kind: 'rollback-failed',
  host: change.host,
  step: change.step,
  message: `${change.change.summary}: not undone, because the point of no return after it could not be undone`,
  hint: 'undoing it alone could destroy data; look at the host first',
})
