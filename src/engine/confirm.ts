import type { Json } from '../model/json.ts'
import type { Session } from '../model/module.ts'
import { type Problem, ProblemError, problemsOf } from '../model/problem.ts'
import type { ChangeRecord } from '../model/run-record.ts'
import { type ArmedUndo, arm, changeUndoText, claim, endOf, guardedSession } from './armed.ts'
import { contextOf, receiptName } from './host-context.ts'
import { recordHostUndo } from './host-undid.ts'
import { isAway } from './link.ts'
import { type Place, type Running, stepOf } from './running.ts'
import { sessionAt } from './session-at.ts'
import { undoOrder } from './undo-order.ts'

/** What a step with `confirm_within` does while its undo is armed. */
export interface Work {
  readonly apply: (session: Session) => Promise<Json | undefined>
  /** Looks, over a new connection, whether it was done; throws ProblemError where not. */
  readonly prove: () => Promise<void>
}

interface Confirming {
  readonly running: Running
  readonly place: Place
  readonly folder: string
  readonly confirmMs: number
}

/**
 * Does a step whose undo the host does by itself unless a new connection confirms the step in time. Throws ProblemError
 * where the step failed, or nobody could confirm it: then the host has undone it, and that is recorded.
 */
export async function applyConfirmed(confirming: Confirming, work: Work): Promise<Json | undefined> {
  const { running, place } = confirming
  const { clock } = running.input
  const until = clock.steadyMs() + confirming.confirmMs
  const armed = await armFor(confirming)
  const { connection } = place.at ?? contextOf(running.contexts, place.host)
  const leftMs = (): number => Math.max(1000, until - clock.steadyMs())
  const done = await outcomeOf(async () => {
    const session = guardedSession(sessionAt(running, place, confirming.folder), armed.at)
    const output = await whileNudged(armed, work.apply(session), () => connection.renew(leftMs()))
    await connection.renew(leftMs())
    await work.prove()
    return output
  })
  if (!done.ok && isNotOfHost(done.problem)) throw done.error
  if (!done.ok && isAway(done.error)) await waitForHost(armed, leftMs())
  const verdict = await claim(armed, done.ok ? 'confirmed' : 'left')
  if (verdict === 'undone') throw await undoneByHost(armed, done.ok ? undefined : done.problem)
  const lost = verdict === 'lost'
  await running.record({
    type: 'undo-disarmed',
    ...idsOf(place),
    verdict: done.ok ? 'confirmed' : lost ? 'lost' : 'left',
  })
  if (!done.ok) throw lost ? notByHost(done.problem) : done.error
  return done.output
}

/** The step is judged as any other that failed, or that nobody knows the end of. */
function notByHost(problem: Problem): ProblemError {
  const why = 'the host was restarted before its time was over: it has not undone this by itself, and will not'
  return new ProblemError({ ...problem, detail: problem.detail === undefined ? why : `${problem.detail}\n${why}` })
}

const idsOf = ({ host, stage, step }: Place) => ({ host, stage, step: step.id })

/** What is undone with the step: the changes that it follows, as a restart follows a file, come first. */
async function armedFor({ running, place, folder, confirmMs }: Confirming): Promise<ArmedUndo> {
  const { input, contexts } = running
  const { host, stage, step } = place
  const { changes } = await input.journals.fold(input.run)
  const here = changes.filter((change) => change.host === host && change.stage === stage)
  const own = here.findLast((change) => change.step === step.id)
  if (!own) throw new Error(`step ${step.id} is not recorded`)
  const followed = here.filter(({ step: id, state }) => step.whenChanged.includes(id) && state === 'changed')
  for (const other of followed) refuseApart(own, other)
  const order = undoOrder([...followed, own], input.runbook.stages[stage]?.steps ?? [])
  for (const change of order) refuseTextless(running, change)
  const at = { folder, name: receiptName(contextOf(contexts, host), input, 'armed') }
  return { running, place, at, withinMs: confirmMs, changes: order }
}

/** One script on one host undoes all of them. */
function refuseApart(own: ChangeRecord, other: ChangeRecord): void {
  if (own.on === other.on && (own.become || !other.become)) return
  throw new ProblemError({
    kind: 'blocked',
    message: `${other.name}, which this step follows, was done ${own.on === other.on ? 'as root' : 'on another host'}: they cannot be undone together`,
    hint: 'give both the same become and on, or take confirm_within away',
  })
}

function refuseTextless({ input }: Running, change: ChangeRecord): void {
  if (changeUndoText(stepOf(input.runbook, change), change)) return
  throw new ProblemError({
    kind: 'blocked',
    message: `${change.name} cannot be undone by its host alone: ${change.module} has to ask while it undoes`,
    hint: 'give it an undo of shell or command, or take confirm_within away',
  })
}

/** Throws ProblemError, with the step recorded as not begun, where the host cannot be told to undo it. */
async function armFor(confirming: Confirming): Promise<ArmedUndo> {
  const { running, place } = confirming
  try {
    const armed = await armedFor(confirming)
    const covers = armed.changes.map(({ step }) => step).filter((id) => id !== place.step.id)
    const { withinMs, at } = armed
    await running.record({ type: 'undo-armed', ...idsOf(place), name: at.name, withinMs, covers })
    await armOrGiveUp(armed)
    return armed
  } catch (error) {
    const summary = 'not begun: the host could not be told to undo it'
    await running.record({ type: 'undo-finished', ...idsOf(place), summary })
    throw error
  }
}

async function armOrGiveUp(armed: ArmedUndo): Promise<void> {
  const taken = await arm(armed)
  if (taken.ok) return
  await claim(armed, 'left')
  throw new ProblemError({
    kind: 'step-failed',
    message: 'not begun: the host did not take its undo, which confirm_within asks for',
    ...(taken.why === '' ? {} : { detail: taken.why }),
  })
}

/**
 * A connection that the step has cut is noticed late: after a third of the time a new one is tried, and what is under way
 * is gone on with there.
 */
async function whileNudged<T>(
  { running, withinMs }: ArmedUndo,
  work: Promise<T>,
  nudge: () => Promise<void>,
): Promise<T> {
  let isOver = false
  const watching = async (): Promise<void> => {
    for (let left = withinMs / 3; left > 0 && !isOver; left -= POLL_MS)
      await running.input.clock.sleep(Math.min(left, POLL_MS))
    if (!isOver) await nudge()
  }
  const watched = watching().catch(() => undefined)
  try {
    return await work
  } finally {
    isOver = true
    await watched
  }
}

const POLL_MS = 250

type Done =
  | { readonly ok: true; readonly output: Json | undefined }
  | { readonly ok: false; readonly error: unknown; readonly problem: Problem }

async function outcomeOf(work: () => Promise<Json | undefined>): Promise<Done> {
  try {
    return { ok: true, output: await work() }
  } catch (error) {
    return { ok: false, error, problem: problemsOf(error)[0] }
  }
}

/** The run itself stops: what is armed runs off, and `resume` or `rollback` finds what came of it. */
const isNotOfHost = ({ kind }: Problem): boolean => kind === 'interrupted' || kind === 'io' || kind === 'internal'

/** Nobody was let in in time: the host decides, and is waited for. */
async function waitForHost(armed: ArmedUndo, leftMs: number): Promise<void> {
  await armed.running.input.clock.sleep(leftMs)
  await endOf(armed)
}

async function undoneByHost(armed: ArmedUndo, why: Problem | undefined): Promise<ProblemError> {
  const how = await recordHostUndo(armed)
  const time = `${armed.withinMs / 1000} s`
  return new ProblemError({
    kind: 'step-failed',
    message:
      how === 'undone'
        ? `undone by the host after ${time}: no new connection could confirm it`
        : `not confirmed within ${time}, and the host failed to undo it`,
    detail: why ? `${why.message}${why.detail === undefined ? '' : `\n${why.detail}`}` : 'it was reached too late',
    hint: 'was the host cut off by this step, or is confirm_within too short for it?',
  })
}
