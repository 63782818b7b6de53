import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SeedFile } from './seed-file.ts'

/**
 * The files that run etcd as kubeadm does, as a static pod: its manifest, and a stand-in for the kubelet that runs the
 * manifest's command as a process. Debian's own unit of etcd is masked (an empty unit file).
 */
export function staticPodSeed(flags: readonly string[], address: string): readonly SeedFile[] {
  const units = ['static-pods.service', 'static-pods.path', 'static-pods.timer']
  return [
    { path: '/etc/kubernetes/manifests/etcd.yaml', content: etcdManifest(flags, address), mode: 0o600 },
    { path: '/usr/local/lib/static-pods', content: ownFile('static-pods'), mode: 0o755 },
    ...units.map((unit) => ({ path: `/etc/systemd/system/${unit}`, content: ownFile(unit) })),
    {
      path: '/etc/systemd/system/multi-user.target.d/static-pods.conf',
      content: '[Unit]\nWants=static-pods.path static-pods.timer\n',
    },
    { path: '/etc/systemd/system/etcd.service', content: '' },
  ]
}

/** The manifest as `kubeadm init` writes it, but for TLS and the image's registry. */
function etcdManifest(flags: readonly string[], address: string): string {
  return `apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubeadm.kubernetes.io/etcd.advertise-client-urls: http://${address}:2379
  creationTimestamp: null
  labels:
    component: etcd
    tier: control-plane
  name: etcd
  namespace: kube-system
spec:
  containers:
  - command:
    - etcd
${flags.map((flag) => `    - ${flag}`).join('\n')}
    image: etcd:3.4.23-0
    imagePullPolicy: IfNotPresent
    livenessProbe:
      failureThreshold: 8
      httpGet:
        host: 127.0.0.1
        path: /health
        port: 2381
        scheme: HTTP
      initialDelaySeconds: 10
      periodSeconds: 10
      timeoutSeconds: 15
    name: etcd
    resources:
      requests:
        cpu: 100m
        memory: 100Mi
    volumeMounts:
    - mountPath: /var/lib/etcd
      name: etcd-data
  hostNetwork: true
  priorityClassName: system-node-critical
  volumes:
  - hostPath:
      path: /var/lib/etcd
      type: DirectoryOrCreate
    name: etcd-data
status: {}
`
}

function ownFile(name: string): string {
  return readFileSync(join(import.meta.dirname, 'static-pods', name), 'utf8')
}
