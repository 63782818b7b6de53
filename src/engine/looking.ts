import type { HostName } from '../model/id.ts'
import type { Json } from '../model/json.ts'
import type { Probe, Resource } from '../model/module.ts'
import type { Step } from '../model/runbook.ts'
import { type Contexts, contextOf, privilegeOf, type Workplace } from './host-context.ts'
import type { PlanInput } from './input.ts'
import { planningProbe, type ReplyCache } from './reads.ts'

/** A plan being made: the open hosts, and what they answered so far. */
export interface Looking extends Omit<PlanInput, 'hosts'> {
  readonly contexts: Contexts
  readonly hosts: readonly HostName[]
  readonly caches: Map<HostName, ReplyCache>
}

/** Begins to look: nothing asked yet. Use anew for every sampling of measures. */
export const beginLooking = (
  input: Omit<PlanInput, 'hosts'>,
  contexts: Contexts,
  hosts: readonly HostName[],
): Looking => ({
  ...input,
  contexts,
  hosts,
  caches: new Map(hosts.map((host) => [host, new Map()])),
})

/** The probe of one step on one host; each question is asked once. */
export function probeAt(
  looking: Looking,
  {
    host,
    step,
    predicted,
    at,
  }: {
    readonly host: HostName
    readonly step: Step
    readonly predicted?: (resource: Resource) => Json | undefined
    readonly at?: Workplace // another host than its own
  },
): Probe {
  const context = at ?? contextOf(looking.contexts, host)
  return planningProbe({
    connection: context.connection,
    privilege: privilegeOf(looking.runbook, step, context),
    cache: cacheOf(looking, context.target.name),
    predicted: predicted ?? (() => undefined),
    timeoutMs: step.timeoutMs,
  })
}

function cacheOf({ caches }: Looking, host: HostName): ReplyCache {
  const cache = caches.get(host) ?? new Map()
  caches.set(host, cache)
  return cache
}
