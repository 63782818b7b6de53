import { sh } from '../../model/command.ts'
import type { Session } from '../../model/module.ts'
import { directoryOf } from '../shared/directory-of.ts'
import { leaveNote } from '../shared/note.ts'

/**
 * Notes in the run's folder that undoing a start of this run has stopped a unit. A later undo of a restart (the engine
 * puts it off until files are restored) then leaves it stopped; without the note, a unit that is down has failed.
 */
export const noteStopped = (session: Session, unit: string): Promise<void> =>
  leaveNote(session, noteOf(session, unit), session.folder)

/** By another step than this one: an earlier attempt of the same step found the unit as it was before both. */
export async function isNotedStopped(session: Session, unit: string): Promise<boolean> {
  const note = noteOf(session, unit)
  return (await session.run(sh`[ -e ${note} ] && read -r by <${note} && [ "$by" != ${session.folder} ]`)).code === 0
}

const noteOf = (session: Session, unit: string): string => `${directoryOf(session.folder)}/stopped.${unit}`
