import { needToUndo, whereOf } from '../engine/need.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { RunRecord } from '../model/run-record.ts'

/** What may be done about a host that does not answer, and that the run has last changed from another host. */
export function sayingWhoChangedIt(error: unknown, record: RunRecord): unknown {
  if (!(error instanceof ProblemError)) return error
  const [first, ...others] = error.problems
  return new ProblemError(saying(first, record), ...others.map((problem) => saying(problem, record)))
}

function saying(problem: Problem, { changes, run }: RunRecord): Problem {
  const { kind, host } = problem
  if (kind !== 'unreachable' || host === undefined || needToUndo(host, changes) !== 'later') return problem
  const last = changes.findLast((one) => one.state !== 'undone' && one.host === host)
  if (!last) return problem
  return {
    ...problem,
    hint: `the last change for it was made on ${whereOf(last)} (${last.name}) and may have switched it off: start it, then runbook resume ${run}; or runbook rollback ${run}, which begins there`,
  }
}
