import type { JsonObject } from '../../model/json.ts'
import { type Decision, defineModule } from '../../model/module.ts'
import { Type } from '../../model/schema.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { getObject, objectArgs, objectResource, titleOf } from './kubectl.ts'
import { isRolledOut, rolloutOf } from './rollout.ts'

const args = Type.Object(
  {
    ...objectArgs,
    timeout: Type.Optional(DurationArgument('how long to wait when running; default 5m')),
    consecutive: Type.Optional(
      Type.Integer({ minimum: 1, description: 'good looks in a row when running; default 1' }),
    ),
  },
  { additionalProperties: false },
)

/** Whether all pods of a DaemonSet, Deployment or StatefulSet are of its present template and available. */
export const k8sRollout = defineModule<typeof args, JsonObject | undefined>({
  name: 'k8s_rollout',
  summary:
    'Whether the pods of a DaemonSet, Deployment or StatefulSet are up to date and available; waits for it when running',
  example:
    'k8s_rollout: {kubeconfig: /etc/kubernetes/admin.conf, kind: daemonset, namespace: kube-system, name: kube-proxy}',
  effect: 'reads',
  args,
  resources: (wanted) => [objectResource(wanted)],
  read: (wanted, probe) => getObject(probe, wanted),
  plan: (wanted, object): Decision => {
    if (!object) return { kind: 'blocked', message: `there is no ${titleOf(wanted)}` }
    const rollout = rolloutOf(object)
    if (!rollout) return { kind: 'blocked', message: `${titleOf(wanted)} has no pods that are rolled out` }
    const { wanted: pods, updated, available } = rollout
    const summary = `${titleOf(wanted)}: ${updated} of ${pods} pods up to date, ${available} available`
    if (!isRolledOut(rollout))
      return { kind: 'blocked', message: summary, hint: 'kubectl describe, kubectl get pods -o wide' }
    return { kind: 'noop', summary, output: { wanted: pods, updated, available } }
  },
  patience: ({ timeout = '5m', consecutive }) => ({
    timeoutMs: durationMs(timeout),
    everyMs: 1000,
    ...(consecutive === undefined ? {} : { consecutive }),
  }),
})
