import type { Json, JsonObject } from '../../model/json.ts'
import { at, textAt } from './kubectl.ts'

/** How far the pods of a workload are. */
export interface Rollout {
  readonly wanted: number
  readonly updated: number // of the present template
  readonly available: number
  readonly observed: boolean // the controller has seen the present template
}

/** Of a DaemonSet, Deployment or StatefulSet; undefined of all else. */
export function rolloutOf(object: JsonObject): Rollout | undefined {
  const count = (...path: readonly string[]): number => Number(at(object, ...path) ?? 0)
  const observed = count('status', 'observedGeneration') >= count('metadata', 'generation')
  switch (textAt(object, 'kind')) {
    case 'DaemonSet':
      return {
        wanted: count('status', 'desiredNumberScheduled'),
        updated: count('status', 'updatedNumberScheduled'),
        available: count('status', 'numberAvailable'),
        observed,
      }
    case 'Deployment':
    case 'StatefulSet': {
      const wanted = Number(at(object, 'spec', 'replicas') ?? 1)
      const available = count('status', textAt(object, 'kind') === 'Deployment' ? 'availableReplicas' : 'readyReplicas')
      return {
        wanted,
        updated: count('status', 'updatedReplicas'),
        available,
        observed: observed && isAlone(object, wanted),
      }
    }
    default:
      return undefined
  }
}

/** No pod of an earlier template is left. */
const isAlone = (object: JsonObject, wanted: number): boolean =>
  Number(at(object, 'status', 'replicas') ?? 0) === wanted

export const isRolledOut = ({ wanted, updated, available, observed }: Rollout): boolean =>
  observed && updated === wanted && available === wanted

/** Why a rollout of the object never comes to pods by itself; undefined where it does. */
export function neverRolls(object: JsonObject): string | undefined {
  const strategy: Json | undefined = at(object, 'spec', 'updateStrategy', 'type')
  return strategy === 'OnDelete'
    ? 'its update strategy is OnDelete: pods are only made anew when somebody deletes them'
    : undefined
}
