import type { Change, Session } from '../model/module.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { ChangeRecord, RunRecord } from '../model/run-record.ts'
import type { RollbackInput, SaidUndo } from './input.ts'
import { whereOf } from './need.ts'
import { placeOf, type Running, stepOf } from './running.ts'
import { lastReplyAt, sessionAt } from './session-at.ts'
import { waitUntilOver } from './settle.ts'
import { lookForUndo, type Undoing, undoFolderOf } from './undo-declared.ts'

/**
 * Declared undos that an earlier rollback began and whose end nobody heard of: what runs of them is waited for, and their
 * receipts tell how they ended, or you. Gives the changes that are undone; one whose undo has failed is undone anew. Throws
 * ProblemError kind in-doubt, before anything else is undone, for those that nothing tells.
 */
export async function settleUndos(
  running: Running,
  { record, said = [] }: RollbackInput,
): Promise<readonly ChangeRecord[]> {
  const undone: ChangeRecord[] = []
  const doubts: Problem[] = []
  for (const change of record.changes.filter(({ undoOpen }) => undoOpen)) {
    const found = await findUndo(running, change, said)
    if (found === 'unknown') doubts.push(inDoubt(record, change))
    if (found !== 'done') continue
    const { host, stage, step, name } = change
    await running.record({ type: 'undo-finished', host, stage, step, summary: `the undo of ${name} had ended` })
    undone.push(change)
  }
  const [first, ...others] = doubts
  if (first) throw new ProblemError(first, ...others)
  return undone
}

async function findUndo(
  running: Running,
  record: ChangeRecord,
  said: readonly SaidUndo[],
): Promise<'done' | 'to be done' | 'unknown'> {
  const undoing: Undoing = { record, step: stepOf(running.input.runbook, record) }
  const word = said.find(({ host, step }) => host === record.host && step === record.step)
  if (word) return word.outcome === 'done' ? 'done' : 'to be done'
  if (!record.undo || !undoing.step.undo) return 'to be done' // a module looks before it undoes
  await waitUntilOver(running, { ...record, folder: undoFolderOf(record) })
  const decision = await lookForUndo(running, undoing)
  if (decision.kind !== 'change' || decision.change.settles) return 'to be done' // looking tells
  return endOf(running, undoing, decision.change)
}

/** By the receipt. */
async function endOf(
  running: Running,
  { record, step }: Undoing,
  change: Change,
): Promise<'done' | 'to be done' | 'unknown'> {
  const place = await placeOf(running, record, step)
  const folder = undoFolderOf(record)
  const reply = await lastReplyAt(running, place, folder)
  if (!reply) return 'unknown'
  const session: Session = { ...sessionAt(running, place, folder), run: () => Promise.resolve(reply) }
  try {
    await step.undo?.module.apply?.(record.undo?.args ?? {}, change, session)
    return 'done'
  } catch (error) {
    if (error instanceof ProblemError && error.problems[0].kind === 'step-failed') return 'to be done'
    throw error
  }
}

function inDoubt({ run }: RunRecord, record: ChangeRecord): Problem {
  const { host, step, name } = record
  const again = `runbook rollback ${run} --settle ${step}@${host}`
  return {
    kind: 'in-doubt',
    host,
    step,
    message: `the undo of ${name} was begun and nobody knows how it ended; nothing more is undone`,
    hint: `look at ${whereOf(record)} (what it printed: ${undoFolderOf(record)}), then say which it is: ${again}=done, or ${again}=not-done`,
  }
}
