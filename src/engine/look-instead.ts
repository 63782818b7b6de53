import { type Problem, ProblemError, problemsOf } from '../model/problem.ts'
import type { ChangeRecord } from '../model/run-record.ts'
import { isUnseen } from './left-open.ts'
import { isAway } from './link.ts'
import type { Place, Running } from './running.ts'
import { findEnd } from './settle.ts'

/**
 * Does a step's work; where nobody heard how that ended (the connection did not come back, the host was restarted, the script
 * was killed), looks at the host: what is done is done, what had not begun is done once more. Gives undefined for what was found
 * done. Throws ProblemError kind in-doubt where looking does not tell, with what to type; kind step-failed for a part.
 */
export async function orLookInstead<T>(running: Running, place: Place, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!isAway(error)) throw error
    return (await whatIsFound(running, place, error)) === 'done' ? undefined : await orInDoubt(running, place, work)
  }
}

/** The second time nothing is tried any more. */
async function orInDoubt<T>(running: Running, place: Place, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isAway(error)) throw error
    throw inDoubt(running, await openChange(running, place), error)
  }
}

async function whatIsFound(running: Running, place: Place, lost: unknown): Promise<'done' | 'not-begun'> {
  const open = await openChange(running, place)
  const found = isUnseen(open) ? 'unseen' : await findEnd(running, open).catch((error) => notSeen(running, open, error))
  if (found === 'done' || found === 'not-begun') return found
  if (found === 'unseen') throw inDoubt(running, open, lost)
  throw new ProblemError({
    kind: 'step-failed',
    message: `${open.change.summary}: cut off, and done in part`,
    detail: problemsOf(lost)[0].message,
  })
}

/** The host is away, or what was begun still runs there. */
function notSeen(running: Running, open: ChangeRecord, error: unknown): never {
  const isBlocked = error instanceof ProblemError && error.problems[0].kind === 'blocked'
  throw isAway(error) || isBlocked ? inDoubt(running, open, error) : error
}

/** As the journal has it, which is what resume will go by. */
async function openChange({ input }: Running, { host, stage, step }: Place): Promise<ChangeRecord> {
  const { changes } = await input.journals.fold(input.run)
  const open = changes.findLast((one) => one.host === host && one.stage === stage && one.step === step.id)
  if (!open) throw new Error(`no change of ${step.id} was announced`)
  return open
}

function inDoubt({ input }: Running, open: ChangeRecord, lost: unknown): ProblemError {
  const [{ message, detail }] = problemsOf(lost)
  const { host, on = host, step, name, folder } = open
  const said = `--settle ${step}@${host}`
  const look = isUnseen(open)
    ? `look at ${on} (what it printed: ${folder}), then say which it is: runbook resume ${input.run} ${said}=done, or ${said}=not-done`
    : `when ${on} answers again: runbook resume ${input.run}`
  const problem: Problem = {
    kind: 'in-doubt',
    host,
    step,
    message: `${name} was begun and nobody knows how it ended; nothing more is done`,
    detail: detail === undefined ? message : `${message}\n${detail}`,
    hint: `${look}; or undo: runbook rollback ${input.run}`,
  }
  return new ProblemError(problem)
}
