import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sshLab } from '../../../lab/lab.ts'
import type { LabSettings } from '../../../lab/settings.ts'

const manifests = path.join(import.meta.dirname, '../../fixtures/flannel')

/**
 * A manifest as upstream has it. Those for `extensions/v1beta1`, which no server of today takes, are written as a cluster
 * holds them that was upgraded since: in apps/v1, with their own selector and the update strategy that was the default.
 */
export function flannelManifest(version: string): string {
  const text = readFileSync(path.join(manifests, `kube-flannel-${version}.yml`), 'utf8')
  return text.replaceAll(
    /apiVersion: extensions\/v1beta1\nkind: DaemonSet\n([\s\S]*?)\nspec:\n/g,
    (_, head: string) =>
      `apiVersion: apps/v1\nkind: DaemonSet\n${head}\nspec:\n  updateStrategy: {type: OnDelete}\n  selector: {matchLabels: {tier: node, app: flannel}}\n`,
  )
}

export interface Kubernetes {
  /** Shell text on a host of the lab; its output. Throws where it fails. */
  on(host: 'c1' | 'n1' | 'n2', text: string): Promise<string>
  /** Asks until the text on c1 prints what fits. */
  until(text: string, fits: RegExp, seconds?: number): Promise<string>
  /** Makes flannel be what this version's manifest says, and nothing of another version. */
  installFlannel(version: string): Promise<void>
  /** What people wish of the cluster: every object of flannel, without what server and controllers count. */
  objects(): Promise<string>
}

export function kubernetesOf(settings: LabSettings): Kubernetes {
  const on: Kubernetes['on'] = async (host, text) => {
    const { code, stdout, stderr } = await sshLab(host, [text], settings)
    if (code !== 0) throw new Error(`${host}: ${text.slice(0, 200)}\n${stderr}${stdout}`)
    return stdout.trim()
  }
  const until: Kubernetes['until'] = async (text, fits, seconds = 90) => {
    const end = performance.now() + seconds * 1000
    for (;;) {
      const { stdout, stderr } = await sshLab('c1', [text], settings)
      if (fits.test(stdout.trim())) return stdout.trim()
      if (performance.now() > end) throw new Error(`waited for ${fits}, in vain: ${text}\n${stdout}${stderr}`)
      await delay(500)
    }
  }
  return {
    on,
    until,
    installFlannel: async (version) => {
      await on('c1', 'kubectl delete daemonset -A -l app=flannel --ignore-not-found')
      await until('kubectl get pods -A -l app=flannel -o name | wc -l', /^0$/)
      await on('c1', `kubectl apply -f - <<'MANIFEST'\n${flannelManifest(version)}\nMANIFEST`)
    },
    objects: () => on('c1', OBJECTS),
  }
}

const OBJECTS = `kubectl get daemonsets,configmaps,serviceaccounts,clusterroles,clusterrolebindings -A -o json | jq -S '[.items[]
  | select((.metadata.labels.app == "flannel") or (.metadata.name | test("flannel")))
  | del(.status, .metadata.resourceVersion, .metadata.generation, .metadata.managedFields,
      .metadata.annotations["deprecated.daemonset.template.generation"])]'`
