import type { ChangeRecord } from '../model/run-record.ts'
import { type ArmedUndo, claim } from './armed.ts'
import { recordHostUndo } from './host-undid.ts'
import { placeOf, type Running, stepOf } from './running.ts'
import { undoOrder } from './undo-order.ts'

/** Begun, with an undo that nobody is known to have disarmed: its host may have undone it, or still do so. */
export const isArmed = ({ armed, state }: ChangeRecord): boolean =>
  armed !== undefined && (state === 'started' || state === 'failed')

/**
 * Takes over what hosts would undo by themselves, or records what they have undone; gives the changes that are undone then.
 * Whoever goes on with the others does so alone.
 */
export async function settleArmed(
  running: Running,
  changes: readonly ChangeRecord[],
): Promise<readonly ChangeRecord[]> {
  const undone: ChangeRecord[] = []
  for (const change of changes.filter(isArmed)) {
    const armed = await armedOf(running, change, changes)
    const { host, stage, step } = change
    const verdict = await claim(armed, 'left')
    if (verdict !== 'undone') {
      const how = verdict === 'none' ? 'left' : verdict
      await running.record({ type: 'undo-disarmed', host, stage, step, verdict: how })
    } else if ((await recordHostUndo(armed)) === 'undone') undone.push(...armed.changes)
  }
  return undone
}

async function armedOf(running: Running, change: ChangeRecord, changes: readonly ChangeRecord[]): Promise<ArmedUndo> {
  const { input } = running
  const { name = '', withinMs = 0, covers = [] } = change.armed ?? {}
  const followed = changes.filter(
    ({ host, stage, step, state }) =>
      host === change.host && stage === change.stage && covers.includes(step) && state === 'changed',
  )
  return {
    running,
    place: await placeOf(running, change, stepOf(input.runbook, change)),
    at: { folder: change.folder, name },
    withinMs,
    changes: undoOrder([...followed, change], input.runbook.stages[change.stage]?.steps ?? []),
  }
}
