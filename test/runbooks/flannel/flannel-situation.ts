import type { JsonObject } from '../../../src/model/json.ts'
import { named, objectsOf, running, type Situation } from './bound-flannel.ts'

export const isSet = ({ kind }: JsonObject): boolean => kind === 'DaemonSet'

const nodes = ['n1', 'n2'].map((name) => ({
  kind: 'Node',
  metadata: { name, annotations: {} },
  spec: { podCIDR: '10.244.0.0/24' },
  status: { conditions: [{ type: 'Ready', status: 'True' }], addresses: [] },
}))

/** What the facts see of a node whose card eth1 is meant. */
export const cards = {
  json: {
    card: 'eth1',
    address: '10.0.0.1',
    up: true,
    cards: 'eth0=10.1.0.1/24 eth1=10.0.0.1/24',
    default_routes: 1,
    default_cards: 'eth0',
    parent: 'eth0',
  },
}
const roomy = {
  json: [
    { node: 'n1', free_mib: 1000 },
    { node: 'n2', free_mib: 900 },
  ],
}
export const node = (address: string): JsonObject => ({
  cards: { json: { ...cards.json, address } },
  left: { json: { mib: 2000 } },
})
export const onHosts = { c1: { room: roomy }, n1: node('10.0.0.1'), n2: node('10.0.0.2') }

/** A sound cluster of two nodes under this manifest; only the named DaemonSets have pods. */
export const situationOf = (version: string, withPods: readonly string[], params: JsonObject = {}): Situation => ({
  objects: [
    ...objectsOf(version).map((one) => (isSet(one) ? running(one, withPods.includes(named(one)) ? 2 : 0) : one)),
    ...nodes,
  ],
  params,
  onHosts,
})
