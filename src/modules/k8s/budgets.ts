import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { at, jsonObject, listAt, textAt } from './kubectl.ts'
import type { NodePod } from './look-node.ts'

/** What a PodDisruptionBudget allows of the pods that it is for. */
export interface Budget {
  readonly name: string // namespace/name
  readonly namespace: string
  readonly selector: Json | undefined
  readonly isV1: boolean // an empty selector means all pods there, and none in v1beta1
  readonly allowed: number // pods that may go now
  readonly healthy: number
  readonly wanted: number
}

/** The items of `kubectl get poddisruptionbudgets --output=json`. */
export const budgetsOf = (text: string): readonly Budget[] =>
  listAt(jsonObject(text), 'items').map((item) => ({
    name: `${textAt(item, 'metadata', 'namespace')}/${textAt(item, 'metadata', 'name')}`,
    namespace: textAt(item, 'metadata', 'namespace'),
    selector: at(item, 'spec', 'selector'),
    isV1: textAt(item, 'apiVersion') === 'policy/v1',
    allowed: numberAt(item, 'status', 'disruptionsAllowed'),
    healthy: numberAt(item, 'status', 'currentHealthy'),
    wanted: numberAt(item, 'status', 'desiredHealthy'),
  }))

function numberAt(value: Json, ...path: readonly string[]): number {
  const found = at(value, ...path)
  return typeof found === 'number' ? found : 0
}

/** Why these pods would not be evicted, budget by budget, each with its pods. Pods that do not run yet need no budget. */
export function heldBy(pods: readonly NodePod[], budgets: readonly Budget[]): readonly string[] {
  const counted = pods
    .filter(({ counts }) => counts)
    .map((pod) => ({ pod, of: budgets.filter((one) => isFor(one, pod)) }))
  const names = (held: typeof counted): string => held.map(({ pod }) => pod.name).join(', ')
  const full = budgets.flatMap((budget) => {
    const held = counted.filter(({ of }) => of.length === 1 && of[0] === budget)
    if (budget.allowed > 0 || held.length === 0) return []
    return [`${budget.name} lets no pod go (${budget.healthy} healthy, ${budget.wanted} wanted): ${names(held)}`]
  })
  const twice = counted.filter(({ of }) => of.length > 1)
  const several = (held: (typeof counted)[number]): string => held.of.map(({ name }) => name).join(' and ')
  return [
    ...full,
    ...twice.map((held) => `${several(held)} are both for ${held.pod.name}, which is never evicted then`),
  ]
}

function isFor({ namespace, selector, isV1 }: Budget, pod: NodePod): boolean {
  if (namespace !== pod.namespace || !isObject(selector)) return false
  const labels = Object.entries(labelsOf(selector))
  const terms = listAt(selector as JsonObject, 'matchExpressions') // sealed: an object of Json
  if (labels.length === 0 && terms.length === 0) return isV1
  return labels.every(([name, value]) => pod.labels[name] === value) && terms.every((term) => fits(term, pod.labels))
}

const labelsOf = (selector: object): JsonObject => {
  const found = at(selector as JsonObject, 'matchLabels') // sealed: as above
  return isObject(found) ? (found as JsonObject) : {} // sealed: as above
}

function fits(term: Json, labels: JsonObject): boolean {
  const value = labels[textAt(term, 'key')]
  const isAmong = value !== undefined && listAt(term, 'values').includes(value)
  switch (textAt(term, 'operator')) {
    case 'In':
      return isAmong
    case 'NotIn':
      return !isAmong
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}
