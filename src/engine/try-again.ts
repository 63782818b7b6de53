import { isObject, type Json } from '../model/json.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { Step } from '../model/runbook.ts'
import type { Decided, DecideInput } from './decide.ts'
import { scopeOf, waitsFor } from './host-context.ts'
import { type Place, pause, type Running } from './running.ts'

/** How often a step may be tried after the first time, and the pause before each. */
export const triesOf = ({ retry }: Step): { readonly times: number; readonly everyMs: number } =>
  retry ?? { times: 0, everyMs: 0 }

type Seen = Pick<DecideInput, 'contexts' | 'host' | 'step'>

/** Why a step's `until` does not hold of what it gave; undefined where it does, or the step has none. */
export function unmetBy({ contexts, host, step }: Seen, output: Json | undefined): Problem | undefined {
  const until = step.retry?.until
  if (!until) return undefined
  const given = output ?? null
  const own = { output: given, ...(step.as === undefined ? {} : { [step.as]: given }) }
  const found = until.bind({ ...scopeOf(contexts, host, until.names), ...own })
  if (found.ok && found.value) return undefined
  // An output that is not whole yet may lack what the condition looks at.
  const why = found.ok ? '' : `: ${found.problems[0].message}`
  return {
    kind: 'step-failed',
    host,
    step: step.id,
    at: until.at,
    message: `tried ${triesOf(step).times + 1} times, and \`${until.source}\` does not hold${why}`,
    detail: `last output: ${shapeOf(given)}`,
    hint: 'more times, a longer every, or another condition',
  }
}

/** Decides a step again while it is blocked, or what it saw does not satisfy its `until`, as often as it may be tried. */
export async function decideUntil(running: Running, place: Place, decide: () => Promise<Decided>): Promise<Decided> {
  const { times, everyMs } = triesOf(place.step)
  for (let left = times; ; left -= 1) {
    const decided = await decide()
    const unmet = unmetNow({ ...place, contexts: running.contexts }, decided)
    if (decided.kind !== 'blocked' && !unmet) return decided
    if (left <= 0 && unmet) throw new ProblemError(unmet)
    if (left <= 0) return decided
    const reason = decided.kind === 'blocked' ? decided.message : untilText(place.step)
    running.input.emit({ type: 'gate-waiting', stage: place.stage, what: place.step.name, reason })
    await pause(running.input, everyMs)
  }
}

/** A change that was not needed gives nothing that could be looked at. */
const unmetNow = (seen: Seen, decided: Decided): Problem | undefined =>
  decided.kind === 'noop' && (decided.output !== undefined || seen.step.module.effect === 'reads')
    ? unmetBy(seen, decided.output)
    : undefined

/** In a plan nothing is waited for: what does not hold yet is decided when reached. */
export function notWaitedFor(input: DecideInput, decided: Decided): Decided {
  const { step, contexts, host, prediction } = input
  const until = step.retry?.until
  if (!until || (decided.kind !== 'noop' && decided.kind !== 'blocked')) return decided
  const wait = waitsFor(contexts, host, until)
  if (wait === undefined && decided.kind === 'noop' && !unmetNow(input, decided)) return decided
  return { kind: 'deferred', after: wait ?? prediction?.lastChange ?? step.id, reason: untilText(step) }
}

const untilText = ({ retry }: Step): string => `waits until ${retry?.until?.source}`

const SHOWN = 20 // members of an output

/** Names and types only: an output may hold what nobody should read. */
function shapeOf(value: Json): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (!isObject(value)) return typeof value === 'string' ? 'text' : `a ${typeof value}`
  const members = Object.entries(value as { readonly [key: string]: Json }) // sealed: members of Json are Json
  const texts = members.slice(0, SHOWN).map(([name, one]) => `${name}: ${isObject(one) ? 'a mapping' : shapeOf(one)}`)
  return `{${[...texts, ...(members.length > SHOWN ? ['...'] : [])].join(', ')}}`
}
