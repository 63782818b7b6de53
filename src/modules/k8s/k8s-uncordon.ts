import { type Decision, defineModule } from '../../model/module.ts'
import { Type } from '../../model/schema.ts'
import { kubeArgs, mustKubectl, NodeArgument, objectResource } from './kubectl.ts'
import { lookNode, type NodeView, nodeTarget, stateOf } from './look-node.ts'

const args = Type.Object({ ...kubeArgs, node: NodeArgument }, { additionalProperties: false })

/** A node that takes pods again, after a drain. */
export const k8sUncordon = defineModule<typeof args, NodeView | undefined>({
  name: 'k8s_uncordon',
  summary: 'A node that takes new pods, as after k8s_drain',
  example: 'k8s_uncordon: {kubeconfig: /etc/kubernetes/admin.conf, node: "{{ inventory_hostname }}"}\non: cp1',
  effect: 'changes',
  args,
  resources: ({ node, kubeconfig }) => [objectResource(nodeTarget(node, kubeconfig))],
  read: ({ node, kubeconfig }, probe) => lookNode(probe, node, kubeconfig),
  plan: ({ node, kubeconfig }, seen): Decision => {
    if (!seen) return { kind: 'blocked', message: `the cluster has no node ${node}`, hint: 'kubectl get nodes' }
    if (seen.schedulable) return { kind: 'noop', summary: `${node} takes pods` }
    return {
      kind: 'change',
      change: {
        verb: 'update',
        summary: `let ${node} take pods`,
        details: [{ kind: 'value', name: 'new pods', before: 'not taken', after: 'taken' }],
        before: stateOf(false),
        after: stateOf(true),
        settles: true,
        reversible: true,
        predicts: { [objectResource(nodeTarget(node, kubeconfig))]: null },
      },
    }
  },
  apply: async ({ node, kubeconfig }, _, session) => {
    await mustKubectl(session, kubeconfig, ['uncordon', node], `opening ${node}`)
    return undefined
  },
  revert: async ({ node, kubeconfig }, _, session) => {
    await mustKubectl(session, kubeconfig, ['cordon', node], `closing ${node}`)
  },
})
