import { sshLab } from '../../../lab/lab.ts'
import type { LabSettings } from '../../../lab/settings.ts'
import { renderCommand } from '../../../src/model/command.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Probe, Session } from '../../../src/model/module.ts'
import type { RecordedChange } from '../../../src/model/plan.ts'
import { diffFields, type FieldChange, fieldAt, placeText } from '../../../src/modules/k8s/object-diff.ts'
import { type Name, named, patchesOf, running } from '../../runbooks/flannel/bound-flannel.ts'
import { isSet, onHosts } from '../../runbooks/flannel/flannel-situation.ts'
import { parseRecords } from './journal-of.ts'
import { flannelManifest, type Kubernetes } from './kubernetes.ts'

/** A DaemonSet of a manifest that has pods. */
export interface Chosen {
  readonly version: string
  readonly set: string
}

/**
 * Upstream's objects on the real API server, while nothing makes pods of them: the controller manager is stopped, and the status of one
 * DaemonSet says that all its pods are up, whatever its template is. So a plan and an apply take seconds.
 */
export async function withoutPods(cluster: Kubernetes, tried: () => Promise<void>): Promise<void> {
  await cluster.on('c1', 'systemctl stop kube-controller-manager')
  try {
    await tried()
  } finally {
    await cluster.on('c1', 'systemctl start kube-controller-manager')
  }
}

const UP = JSON.stringify({
  status: {
    ...{ currentNumberScheduled: 2, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: 2 },
    ...{ numberAvailable: 2, numberMisscheduled: 0, observedGeneration: 1000 },
  },
})

export async function putManifest({ on }: Kubernetes, { version, set }: Chosen): Promise<void> {
  await on('c1', 'kubectl delete daemonset,configmap -A -l app=flannel --ignore-not-found')
  await on('c1', `kubectl apply -f - <<'MANIFEST'\n${flannelManifest(version)}\nMANIFEST`)
  const namespace = `kube-${version.startsWith('v0.2') ? 'flannel' : 'system'}`
  const place = `apis/apps/v1/namespaces/${namespace}/daemonsets/${set}/status`
  const server = "$(kubectl config view -o jsonpath='{.clusters[0].cluster.server}')"
  const headers = "-H 'Authorization: Bearer lab-admin' -H 'Content-Type: application/merge-patch+json'"
  await on('c1', `curl -sfk -o /dev/null -X PATCH ${headers} -d '${UP}' "${server}/${place}"`)
}

/** Every DaemonSet, ConfigMap and right of flannel, by kind, namespace and name. */
export async function objectsByName({ objects }: Kubernetes): Promise<Readonly<Record<string, JsonObject>>> {
  const all: readonly JsonObject[] = JSON.parse(await objects())
  return Object.fromEntries(all.map((object) => [titleOf(object), object]))
}

const titleOf = (object: JsonObject): string =>
  [object.kind, fieldAt(object, ['metadata', 'namespace']), fieldAt(object, ['metadata', 'name'])]
    .map((part) => JSON.stringify(part))
    .join(' ')

/** The fields that the newest run says it changed. */
export const recordedFields = (stateDir: string): readonly string[] =>
  parseRecords(stateDir)
    .records.flatMap((one) => (one.type === 'step-started' && one.module === 'k8s_patch' ? fieldsOf(one.change) : []))
    .sort()

const fieldsOf = ({ before }: RecordedChange): readonly string[] =>
  (before.fields as unknown as readonly FieldChange[]).map(({ path }) => placeText(path)) // sealed: as k8s_patch writes them

/** The fields in which the cluster differs. */
export const changedFields = (
  before: Readonly<Record<string, JsonObject>>,
  after: Readonly<Record<string, JsonObject>>,
): readonly string[] =>
  diffFields(before, after)
    .map((one) => placeText(one.path.slice(1)))
    .sort()

/** The real API server, as a module sees it that runs on the control plane; it reads nothing from standard input. */
export function controlPlane(settings: LabSettings): Session {
  const run: Session['run'] = async (command) => {
    const { code, stdout, stderr } = await sshLab('c1', [renderCommand(command)], settings)
    return { code, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr), truncated: false }
  }
  return { run } as unknown as Session // sealed: k8s_patch needs no more
}

/**
 * Has the runbook change the objects that are there as its own steps would, but for waiting for pods; gives the fields that its changes
 * named. Throws where it objects.
 */
export async function patchedFields(
  { settings, cluster }: { readonly settings: LabSettings; readonly cluster: Kubernetes },
  { book, params, set }: { readonly book: Name; readonly params: JsonObject; readonly set: string },
): Promise<readonly string[]> {
  const session = controlPlane(settings)
  const { items }: { readonly items: readonly JsonObject[] } = JSON.parse(
    await cluster.on('c1', 'kubectl get daemonsets,configmaps,nodes -A -o json'),
  )
  const objects = items.map((one) => (isSet(one) ? running(one, named(one) === set ? 2 : 0) : one))
  const { objections, patches } = patchesOf(book, { objects, params, onHosts })
  if (objections.length > 0) throw new Error(objections.join('\n'))
  const fields: string[] = []
  for (const {
    module,
    args: { wait: _, ...args },
  } of patches) {
    const decision = module.plan(args, await module.read(args, session as unknown as Probe)) // sealed: as above
    if (decision.kind !== 'change') continue
    await module.apply?.(args, decision.change, session)
    fields.push(...fieldsOf(decision.change))
  }
  return fields.sort()
}
