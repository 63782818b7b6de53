import type { HostName } from '../model/id.ts'
import type { Json } from '../model/json.ts'
import { isObject } from '../model/json.ts'
import type { MeasurePhase, Reading } from '../model/measure.ts'
import type { Probe } from '../model/module.ts'
import { ProblemError } from '../model/problem.ts'
import type { Measure, Runbook, Step } from '../model/runbook.ts'
import { type Decided, decide, unwrapFor } from './decide.ts'
import { type Contexts, scopeOf } from './host-context.ts'
import { isTaken } from './includes.ts'
import type { PlanInput } from './input.ts'
import { probesIn } from './lanes.ts'
import { isAway } from './link.ts'
import { beginLooking } from './looking.ts'
import type { Running } from './running.ts'

export interface MeasureInput {
  readonly runbook: Runbook
  readonly contexts: Contexts
  readonly hosts: readonly HostName[]
  readonly phase: MeasurePhase
  readonly before: readonly Reading[] // the readings to compare with; empty the first time
  readonly probeFor: (host: HostName, step: Step) => Probe
  readonly emit: PlanInput['emit']
  readonly facts?: Promise<void> // still being read: targets are judged by all of them
}

/** Takes every measure on the hosts of a run, as they are now, and records the readings. */
export async function recordMeasures(
  running: Running,
  phase: MeasurePhase,
  before: readonly Reading[],
): Promise<readonly Reading[]> {
  const { input, contexts } = running
  const looking = beginLooking(input, contexts, [...contexts.keys()])
  const readings = await takeMeasures({
    ...looking,
    phase,
    before,
    probeFor: probesIn(looking, looking.runbook.measures),
  })
  for (const reading of readings) await running.record({ type: 'measured', reading })
  return readings
}

/** Takes every measure of the runbook on every host, side by side. A measure that cannot be taken is a reading without value. */
export async function takeMeasures(input: MeasureInput): Promise<readonly Reading[]> {
  const pairs = input.runbook.measures.flatMap((measure) =>
    input.hosts
      .filter((host) => isTaken(input.contexts, host, measure.read.include))
      .map((host) => ({ measure, host })),
  )
  return Promise.all(pairs.map(({ measure, host }) => takeOne(input, measure, host)))
}

/** One measure on one host. */
export async function takeOne(input: MeasureInput, measure: Measure, host: HostName): Promise<Reading> {
  const { contexts, phase } = input
  input.emit({ type: 'measuring', measure: measure.name, host, phase })
  const deciding = { step: measure.read, host, contexts, probe: input.probeFor(host, measure.read), owed: false }
  const number = await decide(deciding).then(numberIn, (error: unknown) => unmeasured(phase, error))
  const taken = { measure: measure.name, host, phase, unit: measure.unit, ...number }
  await input.facts
  return { ...taken, ...judge(input, measure, taken) }
}

/** The number in a module's output, or in what a command printed as JSON: itself, or its member `value`; the rest is evidence. */
function numberIn(decided: Decided): Pick<Reading, 'value' | 'note' | 'evidence'> {
  if (decided.kind === 'blocked') return { value: null, note: decided.message }
  if (decided.kind !== 'noop') return { value: null, note: 'not measured: its condition is false' }
  const output = isObject(decided.output) ? (decided.output.json ?? decided.output) : decided.output
  if (typeof output === 'number') return { value: output }
  if (!isObject(output)) return { value: null, note: 'the module gave no number' }
  const { value, note, ...evidence } = output
  return {
    value: typeof value === 'number' ? value : null,
    ...(typeof note === 'string' ? { note } : {}),
    evidence: evidence as Json, // sealed: members of a module's Json output
  }
}

/** What cannot be seen has no number; and what was undone stays undone whatever is in the way of looking once more. */
function unmeasured(phase: MeasurePhase, error: unknown): Pick<Reading, 'value' | 'note'> {
  if (!(error instanceof ProblemError)) throw error
  const [{ kind, message }] = error.problems
  if (kind === 'blocked') return { value: null, note: `not measured: ${message}` }
  if (phase !== 'after-rollback' || kind === 'interrupted') throw error
  return { value: null, note: `not measured: ${isAway(error) ? 'the host does not answer' : message}` }
}

function judge(
  { contexts, before }: MeasureInput,
  measure: Measure,
  taken: { readonly host: HostName; readonly value: number | null },
): Pick<Reading, 'target' | 'verdict'> {
  const { target } = measure
  if (!target) return {}
  if (taken.value === null) return { target: target.source }
  const earlier =
    before.find((reading) => reading.measure === measure.name && reading.host === taken.host)?.value ?? null
  const scope = { ...scopeOf(contexts, taken.host, target.names), value: taken.value, before: earlier }
  const holds = unwrapFor(target.bind(scope), { host: taken.host })
  return { target: target.source, verdict: holds ? 'pass' : 'fail' }
}
