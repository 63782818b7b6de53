import { type Decision, defineModule, type Probe } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { type Budget, budgetsOf, heldBy } from './budgets.ts'
import { drainArgs, refusalToDrain } from './k8s-drain.ts'
import { mustKubectl, objectResource } from './kubectl.ts'
import { lookNode, type NodeView, nodeTarget } from './look-node.ts'

const { timeout: _, ...looked } = drainArgs
const args = Type.Object(looked, { additionalProperties: false })

interface Seen {
  readonly node: NodeView | undefined
  readonly budgets: readonly Budget[]
}

/** Whether a drain of a node would come to its end as things are. */
export const k8sDrainable = defineModule<typeof args, Seen>({
  name: 'k8s_drainable',
  summary:
    'Whether a node can be drained as things are: no pod that would be lost, none that a disruption budget holds',
  example: 'k8s_drainable: {kubeconfig: /etc/kubernetes/admin.conf, node: "{{ inventory_hostname }}"}\non: cp1',
  effect: 'reads',
  args,
  resources: ({ node, kubeconfig }) => [objectResource(nodeTarget(node, kubeconfig))],
  read: readDrainable,
  plan: (wanted, { node, budgets }): Decision => {
    const refused = refusalToDrain(wanted, node)
    if (refused) return refused
    const held = heldBy(node?.pods ?? [], budgets)
    if (held.length === 0) return { kind: 'noop', summary: `${wanted.node} can be drained` }
    return {
      kind: 'blocked',
      message: `disruption budgets would stop the drain of ${wanted.node}: ${held.join('; ')}`,
      hint: 'kubectl get pdb -A: wait until more pods are ready, have more replicas, or give the budget room',
    }
  },
})

async function readDrainable({ node, kubeconfig }: Static<typeof args>, probe: Probe): Promise<Seen> {
  const words = ['get', 'poddisruptionbudgets', '--all-namespaces', '--output=json']
  const [view, budgets] = await Promise.all([
    lookNode(probe, node, kubeconfig),
    mustKubectl(probe, kubeconfig, words, 'reading the disruption budgets'),
  ])
  return { node: view, budgets: budgetsOf(budgets) }
}
