import type { Decision } from '../model/module.ts'
import { ProblemError } from '../model/problem.ts'
import type { ChangeRecord } from '../model/run-record.ts'
import type { Step } from '../model/runbook.ts'
import { contextOf, privilegeOf } from './host-context.ts'
import { liveProbe } from './reads.ts'
import { placeOf, type Running } from './running.ts'
import { sessionAt } from './session-at.ts'

/** A change whose step declares its own undo. */
export interface Undoing {
  readonly record: ChangeRecord
  readonly step: Step
}

/** Where the scripts of a declared undo have their receipts. */
export const undoFolderOf = ({ folder }: ChangeRecord): string => `${folder}.undo`

/** What a declared undo would do now; nothing where none is declared. */
export async function lookForUndo(running: Running, { record, step }: Undoing): Promise<Decision> {
  const { undo } = step
  if (!undo || !record.undo) return { kind: 'noop', summary: 'none is declared' }
  const { contexts, input } = running
  const { at } = await placeOf(running, record, step)
  const context = at ?? contextOf(contexts, record.host)
  const probe = liveProbe(context.connection, privilegeOf(input.runbook, step, context), step.timeoutMs)
  return undo.module.plan(record.undo.args, await undo.module.read(record.undo.args, probe))
}

/** A declared undo is a step of its own: looked at first, done where it is needed. */
export async function applyUndo(running: Running, { record, step }: Undoing): Promise<void> {
  const decision = await lookForUndo(running, { record, step })
  if (decision.kind === 'blocked') throw new ProblemError({ kind: 'blocked', message: decision.message })
  if (decision.kind === 'noop') return
  const session = sessionAt(running, await placeOf(running, record, step), undoFolderOf(record))
  await step.undo?.module.apply?.(record.undo?.args ?? {}, decision.change, session)
}
