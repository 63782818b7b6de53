import { type Change, type Decision, defineModule, type Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { kubeArgs, kubectlProblem, mustKubectl, NodeArgument, objectResource, runKubectl } from './kubectl.ts'
import { lookNode, type NodePod, type NodeView, nodeTarget, stateOf } from './look-node.ts'

export const drainArgs = {
  ...kubeArgs,
  node: NodeArgument,
  timeout: Type.Optional(DurationArgument('how long the pods may take to go; default 5m')),
  allow_unmanaged: Type.Optional(
    Type.Boolean({ default: false, description: 'delete pods that no controller makes anew' }),
  ),
  allow_emptydir: Type.Optional(
    Type.Boolean({ default: false, description: 'delete pods with what they keep in an emptyDir' }),
  ),
}
const args = Type.Object(drainArgs, { additionalProperties: false })

type DrainArgs = Static<typeof args>

/** A node that takes no new pods, and whose pods have been moved elsewhere; those of DaemonSets stay. */
export const k8sDrain = defineModule<typeof args, NodeView | undefined>({
  name: 'k8s_drain',
  summary: 'A node without pods but those of DaemonSets, and closed to new ones; disruption budgets are obeyed',
  example: 'k8s_drain: {kubeconfig: /etc/kubernetes/admin.conf, node: "{{ inventory_hostname }}"}\non: cp1',
  effect: 'changes',
  volatile: true, // which pods a node has: of another one that is drained they come here
  args,
  resources: ({ node, kubeconfig }) => [objectResource(nodeTarget(node, kubeconfig))],
  read: ({ node, kubeconfig }, probe) => lookNode(probe, node, kubeconfig),
  plan: planDrain,
  apply: async (wanted, _, session) => {
    await drain(wanted, session)
    return undefined
  },
  revert: async ({ node, kubeconfig }, change, session) => {
    if (change.before.schedulable === true)
      await mustKubectl(session, kubeconfig, ['uncordon', node], `opening ${node}`)
  },
})

/** Why a node may not be drained, whatever budgets say; undefined where it may. */
export function refusalToDrain(
  { node, allow_unmanaged: unmanaged, allow_emptydir: emptyDir }: Omit<DrainArgs, 'timeout'>,
  seen: NodeView | undefined,
): Decision | undefined {
  if (!seen) return { kind: 'blocked', message: `the cluster has no node ${node}`, hint: 'kubectl get nodes' }
  const alone = seen.pods.filter(({ hasOwner }) => !hasOwner)
  if (alone.length > 0 && !unmanaged) return refusal(`no controller makes them anew: ${list(alone)}`, 'allow_unmanaged')
  const losing = seen.pods.filter(({ losesData }) => losesData)
  if (losing.length > 0 && !emptyDir)
    return refusal(`what they keep in an emptyDir is lost: ${list(losing)}`, 'allow_emptydir')
  return undefined
}

function planDrain(wanted: DrainArgs, seen: NodeView | undefined): Decision {
  const { node } = wanted
  const refused = refusalToDrain(wanted, seen)
  if (refused) return refused
  const { schedulable, pods } = seen ?? { schedulable: true, pods: [] }
  if (!schedulable && pods.length === 0) return { kind: 'noop', summary: `${node} is drained` }
  return {
    kind: 'change',
    change: {
      verb: 'move',
      summary: `drain ${node} of ${pods.length} pod${pods.length === 1 ? '' : 's'}`,
      details: [
        ...(schedulable ? [{ kind: 'value' as const, name: 'new pods', before: 'taken', after: 'not taken' }] : []),
        ...(pods.length > 0 ? [{ kind: 'note' as const, text: `to other nodes: ${list(pods)}` }] : []),
      ],
      before: stateOf(schedulable),
      after: stateOf(false),
      settles: true,
      reversible: true, // the node takes pods again; those that went stay where they are
      predicts: { [objectResource(nodeTarget(node, wanted.kubeconfig))]: null },
    } satisfies Change,
  }
}

const refusal = (message: string, flag: string): Decision => ({
  kind: 'blocked',
  message,
  hint: `move them by hand, or agree with ${flag}: true`,
})

const list = (pods: readonly NodePod[]): string => pods.map(({ name }) => name).join(', ')

const fiveMinutesMs = 300_000

async function drain(wanted: DrainArgs, session: Session): Promise<void> {
  const { node, kubeconfig, timeout, allow_unmanaged: force, allow_emptydir: emptyDir } = wanted
  const timeoutMs = timeout === undefined ? fiveMinutesMs : durationMs(timeout)
  const flags = [...(force ? ['--force'] : []), ...(emptyDir ? ['--delete-emptydir-data'] : [])]
  const words = ['drain', node, '--ignore-daemonsets', `--timeout=${Math.ceil(timeoutMs / 1000)}s`, ...flags]
  const reply = await runKubectl(session, kubeconfig, words, { timeoutMs: timeoutMs + 30_000, requestS: 0 })
  if (reply.code === 0) return
  const problem = kubectlProblem(reply, `draining ${node}`)
  throw new ProblemError({ hint: 'a budget (kubectl get pdb -A) or a pod that does not end may hold it', ...problem })
}
