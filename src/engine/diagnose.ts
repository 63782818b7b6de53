import type { DiagnosedReading, Diagnosis, FoundCause, FoundRemedy } from '../model/diagnosis.ts'
import type { HostName } from '../model/id.ts'
import type { Json, JsonObject } from '../model/json.ts'
import type { Reading } from '../model/measure.ts'
import { type Problem, ProblemError, problemsOf } from '../model/problem.ts'
import type { Cause, Measure } from '../model/runbook.ts'
import { type ComingFacts, comingFacts } from './coming-facts.ts'
import { bindFor } from './decide.ts'
import { gatherFacts } from './facts.ts'
import type { Contexts } from './host-context.ts'
import { isTaken } from './includes.ts'
import type { PlanInput } from './input.ts'
import { openLanes, probesBesideFacts } from './lanes.ts'
import { type Looking, probeAt } from './looking.ts'
import { type MeasureInput, takeOne } from './measure.ts'
import { openHosts } from './open-hosts.ts'

/**
 * Takes the runbook's measures and evidence on every host at the same time and concludes; changes nothing. A host that cannot be
 * looked at is told of, and the others are looked at without it; throws ProblemError where none is left.
 */
export async function diagnose(input: PlanInput): Promise<Diagnosis> {
  const unseen: Problem[] = []
  const open = await withoutLost(input.hosts, unseen, (hosts) => openHosts({ ...input, hosts }))
  // Kept for all attempts: what has begun on a host goes on while another host is left out, and is not begun again.
  const caches: Looking['caches'] = new Map()
  try {
    const reached = input.hosts.filter(({ name }) => open.contexts.has(name))
    return await withoutLost(reached, unseen, async (hosts) => {
      const contexts = new Map([...open.contexts].filter(([host]) => hosts.some(({ name }) => name === host)))
      return { ...(await conclude({ ...input, hosts }, { contexts, caches })), unseen }
    })
  } finally {
    await open.close()
  }
}

/** Does `work` with all hosts, and again without those that a problem names, until it comes about. */
async function withoutLost<T>(
  all: PlanInput['hosts'],
  unseen: Problem[],
  work: (hosts: PlanInput['hosts']) => Promise<T>,
): Promise<T> {
  for (let hosts = all; ; ) {
    try {
      return await work(hosts)
    } catch (error) {
      const problems = problemsOf(error)
      const lost = new Set(problems.map(({ host }) => host))
      const left = hosts.filter(({ name }) => !lost.has(name))
      if (left.length === 0 || left.length === hosts.length) throw error
      unseen.push(...problems)
      hosts = left
    }
  }
}

async function conclude(
  input: PlanInput,
  { contexts, caches }: Pick<Looking, 'contexts' | 'caches'>,
): Promise<Omit<Diagnosis, 'unseen'>> {
  const { runbook } = input
  const hosts = input.hosts.map(({ name }) => name)
  const measures = [...runbook.measures, ...(runbook.diagnosing?.evidence ?? [])]
  // One for both: what the facts asked already is not asked again.
  const looking: Looking = { ...input, contexts, hosts, caches }
  openLanes(looking, measures)
  const coming = comingFacts(runbook)
  const facts = gatherFacts({
    ...looking,
    kept: coming.kept,
    probeFor: (host, step) => probeAt(looking, { host, step }),
  })
  const [readings] = await Promise.all([takeAll(looking, measures, { facts, coming }), facts])
  keepEvidence(contexts, readings)
  return {
    format: 1,
    runbook: { name: runbook.name, summary: runbook.summary, sha256: runbook.sha256 },
    hosts,
    readings,
    causes: (runbook.diagnosing?.causes ?? []).flatMap((cause) => found(cause, contexts, hosts) ?? []),
  }
}

interface Coming {
  readonly facts: Promise<void>
  readonly coming: ComingFacts
}

/** Measure by measure, each on all hosts, all at the same time and as soon as its facts are known: a lane for each kind of question. */
async function takeAll(
  looking: Looking,
  measures: readonly Measure[],
  { facts, coming }: Coming,
): Promise<readonly DiagnosedReading[]> {
  const input: MeasureInput = {
    ...looking,
    phase: 'before',
    before: [],
    probeFor: probesBesideFacts(looking),
    facts,
  }
  const pairs = measures.flatMap((measure) => looking.hosts.map((host) => ({ measure, host })))
  const taken = await Promise.all(
    pairs.map(async ({ measure, host }): Promise<readonly DiagnosedReading[]> => {
      await coming.neededBy(measure, host, facts)
      if (!isTaken(looking.contexts, host, measure.read.include)) return []
      const reading = await takenOrNot(input, measure, host)
      return [measure.source === undefined ? reading : { ...reading, source: measure.source }]
    }),
  )
  return taken.flat()
}

/** What cannot be taken is a reading without a value, and says why. */
async function takenOrNot(input: MeasureInput, measure: Measure, host: HostName): Promise<Reading> {
  try {
    return await takeOne(input, measure, host)
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return { measure: measure.name, host, phase: 'before', value: null, unit: measure.unit, note: error.message }
  }
}

/** `evidence` of each host: by name the value, whether it is known, and whether it is beyond its threshold. */
function keepEvidence(contexts: Contexts, readings: readonly DiagnosedReading[]): void {
  for (const [host, { outputs }] of contexts) {
    const own = readings.filter((reading) => reading.host === host)
    outputs.set('evidence', Object.fromEntries(own.map((reading) => [reading.measure, evidenceOf(reading)])))
  }
}

const evidenceOf = ({ value, verdict, evidence }: DiagnosedReading): JsonObject => ({
  value,
  known: value !== null,
  bad: verdict === 'fail',
  more: (evidence ?? null) as Json, // sealed: it is JSON
})

function found(cause: Cause, contexts: Contexts, all: readonly HostName[]): FoundCause | undefined {
  const hosts = all.filter((host) => bindFor({ contexts, host }, cause.when))
  if (hosts.length === 0) return undefined
  return {
    name: cause.name,
    hosts: hosts.map((host) => ({ host, says: String(bindFor({ contexts, host }, cause.says)) })),
    remedies: cause.remedies.flatMap((remedy): readonly FoundRemedy[] => {
      const { runbook, why, when } = remedy
      const where = when ? hosts.filter((host) => bindFor({ contexts, host }, when)) : hosts
      return where.length === 0 ? [] : [{ runbook, ...(why === undefined ? {} : { why }), hosts: where }]
    }),
  }
}
