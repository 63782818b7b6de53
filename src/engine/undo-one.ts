import type { JsonObject } from '../model/json.ts'
import type { Change } from '../model/module.ts'
import { type Problem, ProblemError, problemsOf } from '../model/problem.ts'
import type { ChangeRecord } from '../model/run-record.ts'
import type { Runbook, Step } from '../model/runbook.ts'
import { contextOf } from './host-context.ts'
import { readIdentity } from './machine.ts'
import { proveUndone } from './prove-undone.ts'
import { placeOf, type Running, stepOf } from './running.ts'
import { sessionAt } from './session-at.ts'
import { lookAgain, waitUntilOver } from './settle.ts'
import { applyUndo } from './undo-declared.ts'

/** Undoes one change, announced before and recorded after; throws ProblemError when it failed, which is recorded, too. */
export async function undoOne(running: Running, change: ChangeRecord): Promise<void> {
  const place = { host: change.host, stage: change.stage, step: change.step }
  try {
    const step = stepOf(running.input.runbook, change)
    const at = (await placeOf(running, change, step)).at ?? contextOf(running.contexts, change.host)
    await at.connection.ready() // of a host that is down nothing is begun
    if (mayBeSwitched(running.input.runbook)) await readIdentity(at.connection) // what is lost by looking is made anew
    if (change.undoOpen) await waitUntilOver(running, change) // a rollback was killed, and what it began may still run
    const trace = change.undoTrace ?? (await traceNow(running, change, step))
    await running.record({ type: 'undo-started', ...place, ...(trace ? { trace } : {}) })
    const summary = await revert(running, change, step)
    await running.record({ type: 'undo-finished', ...place, summary })
  } catch (error) {
    const [problem, ...others] = problemsOf(error, { host: change.host, step: change.step })
    if (problem.kind === 'io') throw error
    await running.record({ type: 'undo-failed', ...place, problem })
    throw new ProblemError(problem, ...others)
  }
}

/** What was undone on another host just now may have ended the boot that a connection is to, and with it what is sent there. */
const mayBeSwitched = ({ stages }: Runbook): boolean => stages.some(({ steps }) => steps.some(({ on }) => on))

/** What tells a later rollback how far this one has come, of a change that leaves such a trace. */
async function traceNow(running: Running, change: ChangeRecord, step: Step): Promise<JsonObject | undefined> {
  if (change.trace === undefined || change.undo) return undefined
  const decision = await lookAgain(running, change, step)
  return decision?.kind === 'change' ? decision.change.trace : undefined
}

async function revert(running: Running, record: ChangeRecord, step: Step): Promise<string> {
  const place = await placeOf(running, record, step)
  const session = sessionAt(running, place, record.folder)
  const earlier = record.undoTrace ? { undoTrace: record.undoTrace } : {}
  const change: Change = { ...record.change, predicts: {}, ...earlier }
  if (record.undo && step.undo) {
    await applyUndo(running, { record, step })
    return `ran the undo of ${record.name}`
  }
  if (!step.module.revert || !record.change.reversible) throw new ProblemError(irreversible(record))
  await step.module.revert(record.args, change, session)
  if (record.change.settles) await proveUndone(running, record, step)
  return `undid: ${record.change.summary}`
}

const irreversible = (record: ChangeRecord): Problem => ({
  kind: 'irreversible',
  message: `${record.change.summary}: cannot be undone${record.change.irreversibleBecause ? ` (${record.change.irreversibleBecause})` : ''}`,
  hint: 'what it changed stays; undo it by hand where that is possible',
})
