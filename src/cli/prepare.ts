import type { TargetHost } from '../engine/input.ts'
import { becomeDefault } from '../load/become-default.ts'
import type { EndpointOptions } from '../load/endpoint.ts'
import { hostOf, selectHosts } from '../load/select-hosts.ts'
import { resolveVariables } from '../load/variables.ts'
import type { HostName, StepId } from '../model/id.ts'
import type { Inventory } from '../model/inventory.ts'
import type { ResolvedParam } from '../model/plan.ts'
import { unwrap } from '../model/problem.ts'
import type { Runbook } from '../model/runbook.ts'
import type { Targets } from './command.ts'
import { endpointsOf } from './endpoints.ts'

/** A runbook and the hosts it is for, all values resolved: what the engine gets, before anything was looked at. */
export interface Prepared {
  readonly runbook: Runbook
  readonly inventory: { readonly sources: readonly string[]; readonly sha256: string; readonly limit?: string }
  readonly params: readonly ResolvedParam[]
  readonly hosts: readonly TargetHost[]
  readonly stageHosts: ReadonlyMap<number, readonly HostName[]>
  readonly includeHosts: ReadonlyMap<StepId, readonly HostName[]>
}

export interface PrepareInput {
  readonly runbook: Runbook
  readonly inventory: Inventory
  readonly targets: Pick<Targets, 'limit' | 'set' | 'varsFiles'>
  readonly access: EndpointOptions
}

/** Chooses hosts and resolves their values and endpoints; connects to nothing. Throws all problems of one kind at once. */
export function prepare({ runbook, inventory, targets, access }: PrepareInput): Prepared {
  const { limit, set, varsFiles } = targets
  const hosts = unwrap(selectHosts(inventory, runbook.hosts, limit))
  const resolved = unwrap(resolveVariables({ runbook, inventory, hosts, varsFiles, set }))
  const endpoints = endpointsOf(inventory, hosts, access)
  return {
    runbook,
    inventory: { sources: inventory.sources, sha256: inventory.sha256, ...(limit === undefined ? {} : { limit }) },
    params: resolved.params,
    hosts: endpoints.map((endpoint): TargetHost => {
      const { variables = {}, params = {} } = resolved.hosts.get(endpoint.host) ?? {}
      const host = hostOf(inventory, endpoint.host)
      const become = host ? unwrap(becomeDefault(host)) : undefined
      return { name: endpoint.host, endpoint, variables, params, ...(become === undefined ? {} : { become }) }
    }),
    stageHosts: stageHostsOf(runbook, inventory, hosts),
    includeHosts: new Map(
      (runbook.includes ?? []).map((include) => [include.id, matching(include.hosts, inventory, hosts)]),
    ),
  }
}

/** The hosts of each stage that narrows the runbook's, in the order of the run. */
function stageHostsOf(
  { stages }: Runbook,
  inventory: Inventory,
  hosts: readonly HostName[],
): ReadonlyMap<number, readonly HostName[]> {
  return new Map(
    stages.flatMap((stage, index): readonly (readonly [number, readonly HostName[]])[] => {
      const patterns = [...(stage.hosts === undefined ? [] : [stage.hosts]), ...(stage.within ?? [])]
      return patterns.length === 0 ? [] : [[index, matching(patterns, inventory, hosts)]]
    }),
  )
}

/** Those of the hosts that every pattern names. */
function matching(patterns: readonly string[], inventory: Inventory, hosts: readonly HostName[]): readonly HostName[] {
  const named = patterns.map((pattern) => new Set(unwrap(selectHosts(inventory, pattern))))
  return hosts.filter((host) => named.every((names) => names.has(host)))
}
