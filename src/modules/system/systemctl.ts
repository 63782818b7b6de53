import { type Command, sh } from '../../model/command.ts'
import type { Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { failureOf } from '../shared/host-script.ts'
import { showUnit, type UnitState } from './unit-state.ts'

/** Starting may take as long as systemd lets it: DefaultTimeoutStartSec is 90 s, and stopping comes before. */
const jobTimeoutMs = 240_000
const journalLines = 20

export type UnitVerb = 'start' | 'stop' | 'restart' | 'reload' | 'enable' | 'disable'

export const systemctlCommand = (verb: UnitVerb, unit: string): Command => sh`systemctl ${verb} -- ${unit}`

export async function reloadManager(session: Session): Promise<void> {
  const reply = await session.run(sh`systemctl daemon-reload`, { timeoutMs: jobTimeoutMs })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, 'systemctl daemon-reload'))
}

/** Does one job of systemd; a failure is told with the last lines of the unit's journal. */
export async function systemctl(session: Session, verb: UnitVerb, unit: string): Promise<void> {
  const reply = await session.run(systemctlCommand(verb, unit), { timeoutMs: jobTimeoutMs })
  if (reply.code === 0) return
  const problem = failureOf(reply, `systemctl ${verb} ${unit}`)
  const journal = verb === 'enable' || verb === 'disable' ? '' : await journalOf(session, unit)
  throw new ProblemError({ ...problem, detail: [problem.detail ?? '', journal].filter(Boolean).join('\n') })
}

/** The jobs of a unit that are about its running now. */
export type UnitJob = Exclude<UnitVerb, 'enable' | 'disable'>

/** Does a job and proves it; nothing where none is given. */
export async function runJob(session: Session, unit: string, job: UnitJob | undefined): Promise<void> {
  if (job === 'start' || job === 'restart') await startAndProve(session, job, unit)
  else if (job) await systemctl(session, job, unit)
}

/**
 * Starts or restarts a unit and proves it: active, by another invocation than before, and, where systemd calls a unit
 * started as soon as its process exists, still so a second later. Throws ProblemError with its journal where not.
 */
export async function startAndProve(session: Session, verb: 'start' | 'restart', unit: string): Promise<void> {
  const before = await showUnit(unit, session)
  await systemctl(session, verb, unit)
  await proveStarted(session, verb, before)
}

/** The proof of startAndProve, of a unit that was as `before` shows; throws as it does. */
export async function proveStarted(
  session: Session,
  verb: 'start' | 'restart',
  before: Pick<UnitState, 'unit' | 'invocation'>,
): Promise<void> {
  const { unit } = before
  const started = await showUnit(unit, session)
  const isOver = started.type === 'oneshot' && started.result === 'success'
  const isNew = started.invocation === '' || started.invocation !== before.invocation
  if (!(started.active === 'active' || isOver) || !isNew) throw await notRunning(session, verb, started)
  if (isOver || !['simple', 'exec', 'idle'].includes(started.type)) return
  await session.run(sh`sleep 1`)
  const later = await showUnit(unit, session)
  if (later.active !== 'active' || later.invocation !== started.invocation) {
    throw await notRunning(session, verb, later)
  }
}

async function notRunning(
  session: Session,
  verb: string,
  { unit, active, sub, result }: { unit: string; active: string; sub: string; result: string },
): Promise<ProblemError> {
  const journal = await journalOf(session, unit)
  return new ProblemError({
    kind: 'step-failed',
    message: `${unit} is ${active} (${sub}) after its ${verb}${result === 'success' ? '' : `, result ${result}`}`,
    ...(journal === '' ? {} : { detail: journal }),
  })
}

async function journalOf(session: Session, unit: string): Promise<string> {
  const reply = await session.run(sh`journalctl -u ${unit} -n ${journalLines} --no-pager -o cat 2>/dev/null`)
  return reply.stdout.toString('utf8').trim()
}
