import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Runner } from '../../model/transport.ts'
import { at, getObject, jsonObject, listAt, mustKubectl, type Target, textAt } from './kubectl.ts'

/** A node, and the pods that a drain would move. */
export interface NodeView {
  readonly schedulable: boolean
  readonly pods: readonly NodePod[]
}

export interface NodePod {
  readonly name: string // namespace/name
  readonly hasOwner: boolean // a controller makes it anew elsewhere
  readonly losesData: boolean // an emptyDir goes with it
  readonly namespace: string
  readonly labels: JsonObject
  readonly counts: boolean // for a disruption budget: it runs, and nobody deletes it already
}

export const nodeTarget = (node: string, kubeconfig: string | undefined): Target => ({
  kind: 'node',
  name: node,
  ...(kubeconfig === undefined ? {} : { kubeconfig }),
})

/** What there is on a node; undefined where the cluster has none of that name. */
export async function lookNode(
  runner: Runner,
  node: string,
  kubeconfig: string | undefined,
): Promise<NodeView | undefined> {
  const words = ['get', 'pods', '--all-namespaces', `--field-selector=spec.nodeName=${node}`, '--output=json']
  const [object, pods] = await Promise.all([
    getObject(runner, nodeTarget(node, kubeconfig)),
    mustKubectl(runner, kubeconfig, words, `reading the pods of ${node}`),
  ])
  if (!object) return undefined
  return {
    schedulable: at(object, 'spec', 'unschedulable') !== true,
    pods: listAt(jsonObject(pods), 'items').filter(isMoved).map(podOf),
  }
}

/** DaemonSets and static pods stay, and what has ended needs no place. */
function isMoved(pod: Json): boolean {
  const isStatic = at(pod, 'metadata', 'annotations', 'kubernetes.io/config.mirror') !== undefined
  const owner = textAt(pod, 'metadata', 'ownerReferences', 0, 'kind')
  return !isStatic && owner !== 'DaemonSet' && !['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'))
}

const podOf = (pod: Json): NodePod => ({
  name: `${textAt(pod, 'metadata', 'namespace')}/${textAt(pod, 'metadata', 'name')}`,
  hasOwner: listAt(pod, 'metadata', 'ownerReferences').some((owner) => at(owner, 'controller') === true),
  losesData: listAt(pod, 'spec', 'volumes').some((volume) => at(volume, 'emptyDir') !== undefined),
  namespace: textAt(pod, 'metadata', 'namespace'),
  labels: labelsOf(at(pod, 'metadata', 'labels')),
  counts: textAt(pod, 'status', 'phase') === 'Running' && at(pod, 'metadata', 'deletionTimestamp') === undefined,
})

const labelsOf = (labels: Json | undefined): JsonObject => (isObject(labels) ? (labels as JsonObject) : {}) // sealed: an object of Json

export const stateOf = (schedulable: boolean): JsonObject => ({ schedulable })
