import type { Json, JsonObject } from '../model/json.ts'
import type { Change } from '../model/module.ts'
import { ProblemError } from '../model/problem.ts'
import { applyConfirmed, type Work } from './confirm.ts'
import { blockedProblem } from './decide.ts'
import { contextOf, privilegeOf } from './host-context.ts'
import { orLookInstead } from './look-instead.ts'
import { liveProbe } from './reads.ts'
import { type Place, pause, type Running } from './running.ts'
import { sessionAt } from './session-at.ts'
import { triesOf, unmetBy } from './try-again.ts'

/** A change as announced: what is done, and in which folder of its host. */
export interface Attempt {
  readonly change: Change
  readonly args: JsonObject
  readonly folder: string
}

/** Makes an announced change and proves it, as often and as carefully as its step asks; gives the output. */
export function applyStep(running: Running, place: Place, attempt: Attempt): Promise<Json | undefined> {
  const { confirmMs } = place.step
  if (confirmMs === undefined) return applyWithRetry(running, place, attempt)
  return applyConfirmed({ running, place, folder: attempt.folder, confirmMs }, confirmedWork(running, place, attempt))
}

async function applyWithRetry(running: Running, place: Place, attempt: Attempt): Promise<Json | undefined> {
  const { times, everyMs } = triesOf(place.step)
  const seen = { ...place, contexts: running.contexts }
  for (let left = times; ; left -= 1) {
    try {
      const output = await orLookInstead(running, place, () =>
        left < times ? applyUnlessDone(running, place, attempt) : applyAndProve(running, place, attempt),
      )
      const unmet = unmetBy(seen, output)
      if (!unmet) return output
      throw new ProblemError(unmet)
    } catch (error) {
      if (left <= 0 || isInDoubt(error)) throw error
      await pause(running.input, everyMs)
    }
  }
}

const isInDoubt = (error: unknown): boolean => error instanceof ProblemError && error.problems[0].kind === 'in-doubt'

/** Looks before each further try: what came true by itself meanwhile is not done twice. */
async function applyUnlessDone(running: Running, place: Place, attempt: Attempt): Promise<Json | undefined> {
  const again = await decideSettled(running, place, attempt.args)
  if (again.kind === 'blocked') throw new ProblemError(blockedProblem({ ...again, args: attempt.args }))
  return again.kind === 'noop' ? again.output : applyAndProve(running, place, attempt)
}

async function applyAndProve(
  running: Running,
  place: Place,
  { change, args, folder }: Attempt,
): Promise<Json | undefined> {
  const { module } = place.step
  if (!module.apply) throw new Error(`module ${module.name} plans changes and cannot apply them`)
  const output = await module.apply(args, change, sessionAt(running, place, folder))
  await proveDone(running, place, { change, args })
  return output
}

/** The parts of applyAndProve, for who has to do something in between. */
function confirmedWork(running: Running, place: Place, { change, args }: Attempt): Work {
  const { module } = place.step
  return {
    apply: async (session) => module.apply?.(args, change, session),
    prove: () => proveDone(running, place, { change, args }),
  }
}

/** Done is what looking shows as done, where looking can. */
async function proveDone(
  running: Running,
  place: Place,
  { change, args }: Pick<Attempt, 'change' | 'args'>,
): Promise<void> {
  if (!change.settles) return
  const again = await decideSettled(running, place, args)
  if (again.kind === 'noop') return
  throw new ProblemError({
    kind: 'step-failed',
    message: `${change.summary}: done, but the host does not show it`,
    detail: again.kind === 'change' ? `still to do: ${again.change.summary}` : again.message,
  })
}

async function decideSettled({ contexts, input }: Running, { host, step, at }: Place, args: JsonObject) {
  const place = at ?? contextOf(contexts, host)
  const probe = liveProbe(place.connection, privilegeOf(input.runbook, step, place), step.timeoutMs)
  return step.module.plan(args, await step.module.read(args, probe))
}
