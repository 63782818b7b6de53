import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { wishesOf } from './object-diff.ts'

/**
 * What an object is made of by those who wish for it: without what the cluster gives to a new one by itself (addresses and ports of a
 * Service, the tokens of a ServiceAccount, the volume of a claim), which differs each time.
 */
export function ownFields(object: JsonObject): JsonObject {
  const { secrets: _, spec, ...wishes } = wishesOf(object)
  if (!isObject(spec)) return wishes
  const kept = Object.entries(spec as JsonObject).filter(([name]) => !GIVEN.includes(name)) // sealed: JSON
  return {
    ...wishes,
    spec: Object.fromEntries(kept.map(([name, value]) => [name, name === 'ports' ? ownPorts(value) : value])),
  }
}

const GIVEN: readonly string[] = ['clusterIP', 'clusterIPs', 'healthCheckNodePort', 'volumeName', 'nodeName']

function ownPorts(ports: Json): Json {
  if (!Array.isArray(ports)) return ports
  const all: readonly Json[] = ports
  return all.map((port) => {
    if (!isObject(port)) return port
    const { nodePort: _, ...own } = port as JsonObject // sealed: JSON
    return own
  })
}
