import type { StepId } from '../model/id.ts'
import type { Json } from '../model/json.ts'
import type { Change, Resource } from '../model/module.ts'

/** What the planned steps so far will leave behind on one host. */
export interface Prediction {
  readonly states: ReadonlyMap<Resource, { readonly state: Json | null; readonly by: StepId }>
  readonly lastChange?: StepId // the latest step that changes, or may change, anything
}

export const nothingPredicted: Prediction = { states: new Map() }

/** The prediction once `change` of `step` is made. */
export function predictChange(prediction: Prediction, step: StepId, change: Change): Prediction {
  const states = new Map(prediction.states)
  for (const resource of Object.keys(change.predicts) as Resource[]) {
    if (resource.endsWith(':*')) for (const one of states.keys()) if (allOf(one) === resource) states.delete(one)
    states.set(resource, { state: change.predicts[resource] ?? null, by: step })
  }
  const lastChange = change.sparesHost ? prediction.lastChange : step
  return { states, ...(lastChange === undefined ? {} : { lastChange }) }
}

/** The prediction once a step has run whose change cannot be known now: all it touches is unknown. */
export function predictUnknown(prediction: Prediction, step: StepId, resources: readonly Resource[]): Prediction {
  const states = new Map(prediction.states)
  for (const resource of resources) states.set(resource, { state: null, by: step })
  return { states, lastChange: step }
}

/**
 * The step that must have run before `resources` can be read truly, or undefined where they can be read or predicted
 * now. Files and units are known one by one; anything else (a cluster, a port) may follow from any earlier change.
 */
export function mustWaitFor(prediction: Prediction, resources: readonly Resource[]): StepId | undefined {
  for (const resource of resources) {
    const known = prediction.states.get(resource) ?? prediction.states.get(allOf(resource))
    if (known?.state === null) return known.by
    if (!known && !isSelfContained(resource) && prediction.lastChange !== undefined) return prediction.lastChange
  }
  return undefined
}

/** Everything of a resource's kind. */
const allOf = (resource: Resource): Resource => `${resource.slice(0, resource.indexOf(':'))}:*` as Resource // sealed: kind:name

const isSelfContained = (resource: Resource): boolean => resource.startsWith('file:') || resource.startsWith('unit:')
