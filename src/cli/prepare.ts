import type { TargetHost } from '../engine/input.ts'
import { becomeDefault } from '../load/become-default.ts'
import { type EndpointOptions, endpointOf } from '../load/endpoint.ts'
import { suggest } from '../load/nearest.ts'
import { hostOf, selectHosts } from '../load/select-hosts.ts'
import { resolveVariables, secretSources } from '../load/variables.ts'
import { unvaultWith } from '../load/vault.ts'
import type { HostName, StepId } from '../model/id.ts'
import type { Inventory } from '../model/inventory.ts'
import type { InventoryUsed, ResolvedParam } from '../model/plan.ts'
import { fail, type Result, succeed, unwrap } from '../model/problem.ts'
import type { Runbook } from '../model/runbook.ts'
import type { Secret } from '../model/secret.ts'
import type { Endpoint } from '../model/transport.ts'
import type { Targets } from './command.ts'
import { endpointsOf } from './endpoints.ts'
import { withPassphrases } from './passphrases.ts'
import { readSecrets } from './read-secrets.ts'
import { checkedParams } from './secret-checks.ts'
import type { World } from './world.ts'

/** A runbook and the hosts it is for, all values resolved: what the engine gets, before anything was looked at. */
export interface Prepared {
  readonly runbook: Runbook
  readonly inventory: InventoryUsed
  readonly salt?: string // of hashes of secrets; absent: there are none
  readonly params: readonly ResolvedParam[]
  readonly hosts: readonly TargetHost[]
  readonly targetOf: (host: HostName) => Result<TargetHost> // any host of the inventory
  readonly stageHosts: ReadonlyMap<number, readonly HostName[]>
  readonly includeHosts: ReadonlyMap<StepId, readonly HostName[]>
}

export interface PrepareInput {
  readonly runbook: Runbook
  readonly inventory: Inventory
  readonly targets: Pick<Targets, 'limit' | 'set' | 'varsFiles'>
  readonly access: EndpointOptions
  readonly salt?: string // of the plan or the run that is gone on with
}

/**
 * Chooses hosts and resolves their values and endpoints, asking for secrets; connects to nothing. Throws all problems of
 * one kind at once.
 */
export async function prepare(input: PrepareInput, world: World): Promise<Prepared> {
  const { runbook, inventory, targets, access } = input
  const { limit, set, varsFiles } = targets
  const hosts = unwrap(selectHosts(inventory, runbook.hosts, limit))
  const unvault = unvaultWith(world.vaultPasswords)
  const asked = { runbook, inventory, hosts, varsFiles, set, unvault }
  const secrets = await readSecrets(unwrap(secretSources(asked)), world)
  const resolved = unwrap(resolveVariables({ ...asked, secrets }))
  const endpoints = await withPassphrases(endpointsOf(inventory, hosts, access), world)
  world.secrets.keep(resolved.secrets)
  world.secrets.keepUnnamed(endpoints.flatMap(passwordsOf))
  const salt = resolved.secrets.length > 0 ? (input.salt ?? world.randomBytes(16).toString('hex')) : undefined
  return {
    runbook,
    inventory: {
      sources: inventory.sources,
      sha256: inventory.sha256,
      ...(limit === undefined ? {} : { limit }),
      ...(varsFiles.length > 0 && needsVarsFiles(resolved.params) ? { varsFiles } : {}),
    },
    ...(salt === undefined ? {} : { salt }),
    params: salt === undefined ? resolved.params : checkedParams(resolved, salt),
    hosts: endpoints.map((endpoint): TargetHost => {
      const { variables = {}, params = {}, secrets: own } = resolved.hosts.get(endpoint.host) ?? {}
      const host = hostOf(inventory, endpoint.host)
      const become = host ? unwrap(becomeDefault(host)) : undefined
      return {
        name: endpoint.host,
        endpoint,
        variables,
        params,
        ...(own ? { secrets: own } : {}),
        ...(become === undefined ? {} : { become }),
      }
    }),
    targetOf: (host) => targetElsewhere(host, input, world),
    stageHosts: stageHostsOf(runbook, inventory, hosts),
    includeHosts: new Map(
      (runbook.includes ?? []).map((include) => [include.id, matching(include.hosts, inventory, hosts)]),
    ),
  }
}

/** A host that is worked on and not of the run: how it is reached, and nothing of its variables. */
function targetElsewhere(name: HostName, { inventory, access }: PrepareInput, world: World): Result<TargetHost> {
  const host = hostOf(inventory, name)
  if (!host) {
    const hint = suggest(name, inventory.hosts.keys())
    return fail([{ kind: 'reference', message: `the inventory has no host ${name}`, ...(hint ? { hint } : {}) }])
  }
  const endpoint = endpointOf(host, access)
  if (!endpoint.ok) return endpoint
  const become = becomeDefault(host)
  if (!become.ok) return become
  world.secrets.keepUnnamed(passwordsOf(endpoint.value))
  const byDefault = become.value === undefined ? {} : { become: become.value }
  return succeed({ name: host.name, endpoint: endpoint.value, variables: {}, params: {}, ...byDefault })
}

const passwordsOf = ({ password, passphrase, becomePassword, jumps = [] }: Endpoint): readonly Secret[] => [
  ...[password, passphrase, becomePassword].flatMap((one) => one ?? []),
  ...jumps.flatMap(passwordsOf),
]

const needsVarsFiles = (params: readonly ResolvedParam[]): boolean =>
  params.some(({ secret, origin }) => secret && secret.source === undefined && origin.startsWith('--vars-file'))

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
