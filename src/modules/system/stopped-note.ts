import { sh } from '../../model/command.ts'
import type { Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { directoryOf } from '../files/file-state.ts'
import { failureOf } from '../shared/host-script.ts'

/**
 * Notes in the run's folder that undoing a start of this run has stopped a unit. A later undo of a restart (the engine
 * puts it off until files are restored) then leaves it stopped; without the note, a unit that is down has failed.
 */
export async function noteStopped(session: Session, unit: string): Promise<void> {
  const note = noteOf(session, unit)
  const reply = await session.run(sh`umask 077; mkdir -p -- ${directoryOf(note)} && echo ${session.folder} >${note}`)
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `noting that ${unit} is stopped again`))
}

/** By another step than this one: an earlier attempt of the same step found the unit as it was before both. */
export async function isNotedStopped(session: Session, unit: string): Promise<boolean> {
  const note = noteOf(session, unit)
  return (await session.run(sh`[ -e ${note} ] && read -r by <${note} && [ "$by" != ${session.folder} ]`)).code === 0
}

const noteOf = (session: Session, unit: string): string => `${directoryOf(session.folder)}/stopped.${unit}`
