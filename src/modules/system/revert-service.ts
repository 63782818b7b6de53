import { type Command, inTurn, sh } from '../../model/command.ts'
import type { Change, Session } from '../../model/module.ts'
import { isDropInRestored, recordedDropIn, revertDropIn, revertDropInText } from './drop-in.ts'
import { isNotedStopped, noteStopped } from './stopped-note.ts'
import { proveStarted, reloadManager, runJob, systemctl, systemctlCommand, type UnitJob } from './systemctl.ts'
import { type Condition, conditionOf, isEnabled, showUnit, type UnitState, unitName } from './unit-state.ts'

/** What of a service's arguments its undoing rests on. */
interface Wanted {
  readonly unit: string
  readonly state?: 'started' | 'stopped' | 'restarted' | 'reloaded'
}

/** Brings a unit back to what the change's `before` says, its drop-in first; an undo that was cut off is gone on with. */
export async function revertService(wanted: Wanted, change: Change, session: Session): Promise<void> {
  const name = unitName(wanted.unit)
  const { enabled, condition } = change.before
  const drop = recordedDropIn(change.before.dropin)
  const wasRestored = !drop || (change.undoTrace !== undefined && (await isDropInRestored(session, drop)))
  if (drop) await revertDropIn(session, drop)
  // systemd asks for a reload only where a file is newer than what it has loaded; a restored file is older.
  await reloadManager(session)
  const now = await showUnit(name, session)
  if (now.load === 'not-found') return // its file was made by an earlier step of this run, and is gone again
  if (typeof enabled === 'boolean' && isEnabled(now) !== enabled) {
    await systemctl(session, enabled ? 'enable' : 'disable', name)
  }
  const job = inverseOf(wanted.state, condition, conditionOf(now))
  if (job === 'stop') await noteStopped(session, name)
  if (job === 'restart' && conditionOf(now) === 'stopped' && (await isNotedStopped(session, name))) return
  const earlier = wasRestored ? change.undoTrace?.invocation : undefined
  if (job === 'restart' && typeof earlier === 'string' && isAnother(now, earlier))
    return proveStarted(session, job, { unit: name, invocation: earlier })
  await runJob(session, name, job)
}

/** Started anew since an undo began that restarts it: that undo, cut off, had done so. */
const isAnother = ({ active, invocation }: UnitState, earlier: string): boolean =>
  active === 'active' && invocation !== '' && invocation !== earlier

/**
 * What revertService does, without asking what the unit is now: systemd's jobs do nothing where nothing is to be done. A
 * unit that was stopped before this step is stopped again after a restart.
 */
export function revertServiceText(wanted: Wanted, change: Change, folder: string): Command {
  const name = unitName(wanted.unit)
  const { enabled, condition } = change.before
  const drop = recordedDropIn(change.before.dropin)
  const job = inverseOf(wanted.state, condition, condition === 'stopped' ? 'running' : 'stopped')
  return inTurn(
    ...(drop ? [revertDropInText(folder, drop)] : []),
    sh`systemctl daemon-reload`,
    ...(typeof enabled === 'boolean' ? [systemctlCommand(enabled ? 'enable' : 'disable', name)] : []),
    ...(job ? [systemctlCommand(job, name)] : []),
  )
}

/** The job that brings the earlier condition back; a restart is undone by another one, on what the files then say. */
function inverseOf(state: Wanted['state'], before: unknown, now: Condition): UnitJob | undefined {
  if (state === undefined) return undefined
  if (before === 'stopped') return now === 'stopped' ? undefined : 'stop'
  if (state === 'restarted') return 'restart'
  if (state === 'reloaded') return 'reload'
  return before === 'running' && now !== 'running' ? 'start' : undefined
}
