import { sh } from '../../model/command.ts'
import type { Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { directoryOf } from './directory-of.ts'
import { failureOf } from './host-script.ts'

/** Leaves a file in a run's folder on the host, for an undo: it tells what looking will not. */
export async function leaveNote(session: Session, file: string, text: string): Promise<void> {
  const reply = await session.run(sh`umask 077; mkdir -p -- ${directoryOf(file)} && printf '%s\n' ${text} >${file}`)
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `leaving the note ${file}`))
}
