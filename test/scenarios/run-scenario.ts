import { setTimeout as delay } from 'node:timers/promises'
import type { Diagnosis } from '../../src/model/diagnosis.ts'
import type { Cluster } from './cluster.ts'
import { MEMBERS, type Scenario, type Trouble } from './scenario.ts'
import { makeTrouble, settled, type Undo } from './trouble.ts'

/** Ten packets a second, as many as fit in the window. */
const LOOK = ['--set', 'window=10s', '--set', 'packets=90', '--set', 'packets_every=100ms']
const SETTLE_MS = 4_000 // what was late when the trouble began is over, and there are writes to look at

/** On a cluster that is as new: its troubles, its leader, steady writes, a diagnosis; leaves a cluster that is as new. */
export async function runScenario(cluster: Cluster, { leader, troubles }: Scenario): Promise<Diagnosis> {
  const undoes: Undo[] = []
  const makeAll = async (chosen: readonly Trouble[]): Promise<void> => {
    for (const trouble of chosen) undoes.push(await makeTrouble(cluster, trouble))
  }
  const ill = new Set(troubles.flatMap((trouble) => ('host' in trouble ? [trouble.host] : [])))
  const well = MEMBERS.find((member) => !ill.has(member)) ?? leader
  try {
    await makeAll(troubles.filter(isBeneath))
    await settled(cluster, well)
    await cluster.lead(leader)
    await cluster.load(well)
    await makeAll(troubles.filter((trouble) => !isBeneath(trouble)))
    await delay(SETTLE_MS)
    return await cluster.diagnose(...LOOK)
  } finally {
    await cluster.renew()
    for (const undo of undoes) await undo()
  }
}

/** It restarts members, or wants a cluster that works; the others come when that is done. */
const isBeneath = ({ kind }: Trouble): boolean =>
  kind === 'disk' || kind === 'database' || kind === 'space' || kind === 'timeouts' || kind === 'heartbeat'
