import type { FactsOfHosts } from '../model/event.ts'
import type { HostName } from '../model/id.ts'
import type { Json } from '../model/json.ts'
import type { RunRecord } from '../model/run-record.ts'
import type { Runbook, Stage, Step } from '../model/runbook.ts'
import { type Contexts, contextOf } from './host-context.ts'
import { chooseInclude } from './includes.ts'
import type { PlanInput } from './input.ts'

interface Beginning {
  readonly stage: Stage
  readonly index: number
  readonly hosts: readonly HostName[]
}

/**
 * What the journal keeps of what a stage begins with: facts that say so, and where it may switch hosts off, all of them: nobody can
 * ask later. Nothing where a later stage has begun already: what that began with is still needed.
 */
export function factsToKeep(
  contexts: Contexts,
  { runbook, past }: Pick<PlanInput, 'runbook' | 'past'>,
  { stage, index, hosts }: Beginning,
): { readonly facts?: FactsOfHosts } {
  const names = namesToKeep(runbook, stage)
  if (names.length === 0 || (past?.facts && past.facts.stage > index)) return {}
  const of = (host: HostName) =>
    names.flatMap((name) => {
      const value = contextOf(contexts, host).outputs.get(name)
      return value === undefined ? [] : [[name, value] as const]
    })
  return { facts: Object.fromEntries(hosts.map((host) => [host, Object.fromEntries(of(host))])) }
}

function namesToKeep(runbook: Runbook, stage: Stage): readonly string[] {
  const all = [runbook, ...(runbook.includes ?? [])]
  const facts = all.flatMap(({ facts: own }) => own)
  if (!stage.steps.some(({ on }) => on)) return facts.flatMap(({ as, kept }) => (as !== undefined && kept ? [as] : []))
  return [...facts.flatMap(({ as }) => as ?? []), ...all.flatMap(({ vars }) => vars.map(({ name }) => name))]
}

/**
 * What the interrupted `stage` began with, of a fact that is to be kept: a host that the run has changed in it since shows another
 * thing. Undefined where the fact is to be looked at.
 */
export function keptFact(
  { past, stage }: { readonly past?: PlanInput['past']; readonly stage?: number },
  host: HostName,
  { kept, as }: Step,
): Json | undefined {
  if (!kept || as === undefined || !past?.facts || past.facts.stage !== stage) return undefined
  const isChanged = past.changes.some((one) => one.host === host && one.stage === stage && one.state !== 'undone')
  return isChanged ? past.facts.hosts[host]?.[as] : undefined
}

/** The stage that facts are gathered for, where a plan goes on with a run: those before it are over. */
export const interruptedStage = ({ past }: Pick<PlanInput, 'past'>): { readonly stage?: number } =>
  past?.facts ? { stage: past.facts.stage } : {}

/**
 * Gives hosts that do not answer yet what the journal has of them, where `stage` is left out or is the one that it is of; gives the
 * hosts that can be asked.
 */
export function recallFacts(
  { contexts, hosts }: { readonly contexts: Contexts; readonly hosts: readonly HostName[] },
  { past, runbook, includeHosts }: Pick<PlanInput, 'past' | 'runbook' | 'includeHosts'>,
  stage?: number,
): readonly HostName[] {
  const known = factsOf(past, stage)
  const off = hosts.filter((host) => contextOf(contexts, host).connection.isAwaited() && known[host])
  for (const host of off) {
    for (const [name, value] of Object.entries(known[host] ?? {})) contextOf(contexts, host).outputs.set(name, value)
    const choosing = { contexts, ...(includeHosts ? { includeHosts } : {}) }
    for (const include of runbook.includes ?? []) chooseInclude(choosing, include, host)
  }
  return hosts.filter((host) => !off.includes(host))
}

const factsOf = (past: RunRecord | undefined, stage: number | undefined): FactsOfHosts =>
  past?.facts && (stage === undefined || stage === past.facts.stage) ? past.facts.hosts : {}
