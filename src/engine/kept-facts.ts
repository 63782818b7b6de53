import type { FactsOfHosts } from '../model/event.ts'
import type { HostName } from '../model/id.ts'
import type { RunRecord } from '../model/run-record.ts'
import type { Runbook, Stage } from '../model/runbook.ts'
import { type Contexts, contextOf } from './host-context.ts'
import { chooseInclude } from './includes.ts'
import type { PlanInput } from './input.ts'

/** What the journal keeps of what a stage begins with: where it may switch hosts off, nobody can ask them later. */
export function factsToKeep(
  contexts: Contexts,
  runbook: Runbook,
  { stage, hosts }: { readonly stage: Stage; readonly hosts: readonly HostName[] },
): { readonly facts?: FactsOfHosts } {
  if (!stage.steps.some(({ on }) => on)) return {}
  const names = [runbook, ...(runbook.includes ?? [])].flatMap(({ facts, vars }) => [
    ...facts.flatMap((step) => step.as ?? []),
    ...vars.map(({ name }) => name),
  ])
  const of = (host: HostName) =>
    names.flatMap((name) => {
      const value = contextOf(contexts, host).outputs.get(name)
      return value === undefined ? [] : [[name, value] as const]
    })
  return { facts: Object.fromEntries(hosts.map((host) => [host, Object.fromEntries(of(host))])) }
}

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
