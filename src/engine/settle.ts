import { canonical } from '../model/json.ts'
import type { Decision } from '../model/module.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { ChangeRecord } from '../model/run-record.ts'
import type { Step } from '../model/runbook.ts'
import { workplaceOf } from './elsewhere.ts'
import { privilegeOf } from './host-context.ts'
import { isLeftOpen, isUnseen } from './left-open.ts'
import { processesOf } from './marked.ts'
import { liveProbe } from './reads.ts'
import { pause, type Running, stepOf } from './running.ts'

/** Begun, and not known to have ended well. */
const isOpen = ({ state }: ChangeRecord): boolean => state === 'started' || state === 'failed'

/** Open, and its host shows what became of it. */
export const isToBeSeen = (change: ChangeRecord): boolean => isOpen(change) && !isUnseen(change)

/** Of each change that nobody and nothing knows the end of: what it is, and how the operator says what became of it. */
export function unknownChanges(changes: readonly ChangeRecord[]): readonly Problem[] {
  return changes.filter(isInDoubt).map(inDoubt)
}

/** Begun, its end not heard of, and looking does not tell. */
const isInDoubt = (change: ChangeRecord): boolean => isUnseen(change) && isLeftOpen(change)

const inDoubt = ({ host, step, name, change }: ChangeRecord): Problem => ({
  kind: 'blocked',
  host,
  step,
  message: `${name} was begun and nobody knows how it ended: looking at the host does not tell`,
  detail: change.summary,
  hint: `look at ${host}, then say which it is: --settle ${step}@${host}=done or --settle ${step}@${host}=not-done`,
})

/**
 * Looks at the host of each open change and records what is found: done, or not even begun; gives the latter. What was
 * done in part stays open: it is made again, or undone from its pre-image.
 */
export async function settleOpen(running: Running, changes: readonly ChangeRecord[]): Promise<readonly ChangeRecord[]> {
  const notBegun: ChangeRecord[] = []
  for (const change of changes.filter(isInDoubt)) await waitUntilOver(running, change) // nothing is undone while it runs
  for (const change of changes.filter(isToBeSeen)) {
    const { host, stage, step } = change
    const place = { host, stage, step }
    const found = await findEnd(running, change)
    if (found === 'done') {
      const summary = `${change.change.summary}: found done after the interruption`
      await running.record({ type: 'step-finished', ...place, result: 'changed', summary })
    }
    if (found === 'not-begun') {
      const summary = `${change.change.summary}: had not begun to change anything`
      await running.record({ type: 'undo-finished', ...place, summary })
      notBegun.push(change)
    }
  }
  return notBegun
}

/** What a host shows of a change whose end nobody heard of; waits for what still runs of it. `unseen`: it cannot be looked at. */
export async function findEnd(
  running: Running,
  open: ChangeRecord,
): Promise<'done' | 'not-begun' | 'partly' | 'unseen'> {
  await waitUntilOver(running, open)
  const decision = await lookAgain(running, open, stepOf(running.input.runbook, open))
  if (decision?.kind === 'noop') return 'done'
  if (!decision) return 'unseen'
  if (decision.kind !== 'change') return 'partly'
  const { before, trace } = decision.change
  if (canonical(trace ?? null) !== canonical(open.trace ?? null)) return 'done'
  return canonical(before) === canonical(open.change.before) ? 'not-begun' : 'partly'
}

/** What was begun may still run on its host, long after whoever began it has gone: nothing is judged before it ends. */
export async function waitUntilOver(running: Running, open: ChangeRecord): Promise<void> {
  const { input } = running
  const step = stepOf(input.runbook, open)
  const context = await workplaceOf({ contexts: running.contexts, host: open.host, step }, open.on)
  const probe = liveProbe(context.connection, privilegeOf(input.runbook, step, context))
  for (let left = WAIT_S; ; left -= 1) {
    const processes = await processesOf(probe, open.folder)
    if (processes.length === 0) return
    if (left === 0) throw new ProblemError(stillRunning(open, processes))
    await pause(input, 1000)
  }
}

const WAIT_S = 60

const stillRunning = ({ host, step, name }: ChangeRecord, processes: readonly string[]): Problem => ({
  kind: 'blocked',
  host,
  step,
  message: `${name}: what was begun on this host still runs (${processes.length === 1 ? 'process' : 'processes'} ${processes.join(', ')})`,
  hint: `wait until it ends, or end it: kill -TERM ${processes.join(' ')}`,
})

/** Undefined where the host cannot be looked at: whoever goes on with the step finds that, and tells it. */
export async function lookAgain(
  { contexts, input }: Running,
  open: ChangeRecord,
  step: Step,
): Promise<Decision | undefined> {
  const context = await workplaceOf({ contexts, host: open.host, step }, open.on)
  const probe = liveProbe(context.connection, privilegeOf(input.runbook, step, context), step.timeoutMs)
  try {
    return step.module.plan(open.args, await step.module.read(open.args, probe))
  } catch (error) {
    if (error instanceof ProblemError) return undefined
    throw error
  }
}
