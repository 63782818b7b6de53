import { type Problem, ProblemError, problemsOf } from '../model/problem.ts'
import { type ArmedUndo, endOf } from './armed.ts'
import { proveUndone } from './prove-undone.ts'
import { stepOf } from './running.ts'

/** Waits for the end of what the host undoes by itself, looks at what came of it, and records it. */
export async function recordHostUndo(armed: ArmedUndo): Promise<'undone' | 'undo-failed'> {
  const { running, changes, withinMs } = armed
  const problem = await failureOf(armed)
  for (const { host, stage, step } of changes) {
    const place = { host, stage, step }
    const summary = `by ${host} itself, after ${withinMs / 1000} s: nobody had confirmed ${armed.place.step.name}`
    if (problem) await running.record({ type: 'undo-failed', ...place, problem: { ...problem, host, step } })
    else await running.record({ type: 'undo-finished', ...place, summary })
  }
  return problem ? 'undo-failed' : 'undone'
}

async function failureOf(armed: ArmedUndo): Promise<Problem | undefined> {
  const { running, changes } = armed
  const ended = await endOf(armed)
  if (ended.kind !== 'ended') return failed(ENDS[ended.kind], '')
  if (ended.code !== 0) return failed(`it ended with exit code ${ended.code}`, ended.said)
  try {
    for (const change of changes.filter((one) => one.change.settles))
      await proveUndone(running, change, stepOf(running.input.runbook, change))
    return undefined
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return problemsOf(error)[0]
  }
}

const ENDS = { waiting: 'it does not end', lost: 'the host was restarted in the middle of it' } as const

const failed = (how: string, said: string): Problem => ({
  kind: 'rollback-failed',
  message: `the host began to undo this by itself, and ${how}`,
  ...(said === '' ? {} : { detail: said }),
  hint: 'a rollback tries it again: runbook rollback',
})
