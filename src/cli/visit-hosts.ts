import { type HostVisit, visitHost } from '../engine/run-folder.ts'
import type { HostName } from '../model/id.ts'
import type { Inventory } from '../model/inventory.ts'
import { type Problem, problemsOf } from '../model/problem.ts'
import { createTransport } from '../transport/transport.ts'
import type { Reach } from './command.ts'
import { eachLimited } from './each-limited.ts'
import { endpointsOf, openAccess } from './endpoints.ts'
import { hostFolder } from './host-folder.ts'
import { withPassphrases } from './passphrases.ts'
import type { World } from './world.ts'

export interface Visiting {
  readonly inventory: Inventory
  readonly hosts: readonly HostName[]
  readonly reach: Reach
}

/** What came of hosts that were looked at one by one: what those say that could be reached, and why the others could not. */
export interface Visited<T> {
  readonly results: readonly T[]
  readonly problems: readonly Problem[]
}

/** Connects to each host and does `work` there; one that cannot be reached does not keep the others. */
export async function visitHosts<T>(
  { inventory, hosts, reach }: Visiting,
  world: World,
  work: (host: HostName, visit: HostVisit) => Promise<T>,
): Promise<Visited<T>> {
  const endpoints = await withPassphrases(endpointsOf(inventory, hosts, await openAccess(reach, world)), world)
  const transport = createTransport({ randomBytes: world.randomBytes })
  const problems: Problem[] = []
  const results = await eachLimited(endpoints, reach.forks, async (endpoint): Promise<readonly T[]> => {
    try {
      const connection = await transport.open(endpoint)
      try {
        return [await work(endpoint.host, await visitHost(connection, hostFolder(world)))]
      } finally {
        await connection.close()
      }
    } catch (error) {
      problems.push(...problemsOf(error, { host: endpoint.host }))
      return []
    }
  })
  return { results: results.flat(), problems }
}
