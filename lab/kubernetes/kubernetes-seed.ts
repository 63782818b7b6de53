import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SeedFile } from '../seed-file.ts'
import type { LabHost } from '../topologies.ts'

/** The files that make a host the control plane of a Kubernetes cluster, or a node of it. */
export function kubernetesSeed(host: LabHost, hosts: readonly LabHost[]): readonly SeedFile[] {
  const control = hosts.find(({ kubernetes }) => kubernetes === 'control-plane')
  if (control === undefined || host.kubernetes === undefined) return []
  return host.kubernetes === 'control-plane' ? controlPlaneSeed(host) : nodeSeed(host, control)
}

const POD_NETWORK = '10.244.0.0/16'
const SERVICE_NETWORK = '10.96.0.0/16'
const CONFIG = '/etc/kubernetes/admin.conf'
const BIN = '/usr/local/bin'

function controlPlaneSeed({ address }: LabHost): readonly SeedFile[] {
  const keys = '/etc/kubernetes'
  const apiServer = [
    `${BIN}/kube-apiserver --etcd-servers=http://127.0.0.1:2379 --bind-address=${address} --secure-port=6443`,
    `--advertise-address=${address} --tls-cert-file=${keys}/tls.crt --tls-private-key-file=${keys}/tls.key`,
    `--token-auth-file=${keys}/tokens --authorization-mode=Node,RBAC --service-cluster-ip-range=${SERVICE_NETWORK}`,
    `--service-account-issuer=https://lab --service-account-key-file=${keys}/sa.key`,
    `--service-account-signing-key-file=${keys}/sa.key --allow-privileged=true`,
  ]
  const manager = [
    `${BIN}/kube-controller-manager --kubeconfig=${CONFIG} --service-account-private-key-file=${keys}/sa.key`,
    `--root-ca-file=${keys}/tls.crt --leader-elect=true --bind-address=127.0.0.1 --port=0`,
    `--allocate-node-cidrs --cluster-cidr=${POD_NETWORK} --service-cluster-ip-range=${SERVICE_NETWORK}`,
  ]
  const scheduler = [
    `${BIN}/kube-scheduler --kubeconfig=${CONFIG} --leader-elect=true --bind-address=127.0.0.1 --port=0`,
  ]
  const prepare = `/usr/local/lib/kubernetes/prepare-control-plane ${address}`
  return [
    { path: '/etc/kubernetes/tokens', content: TOKENS, mode: 0o600 },
    ownFile('prepare-control-plane'),
    unit('kube-apiserver', { command: apiServer, before: prepare, after: 'etcd.service', type: 'notify' }),
    unit('kube-controller-manager', { command: manager, after: 'kube-apiserver.service' }),
    unit('kube-scheduler', { command: scheduler, after: 'kube-apiserver.service' }),
    started('kube-apiserver', 'kube-controller-manager', 'kube-scheduler'),
  ]
}

function nodeSeed({ name, address }: LabHost, control: LabHost): readonly SeedFile[] {
  const config = '/etc/kubernetes/node.conf'
  const kubelet = [
    `${BIN}/kubelet --kubeconfig=${config} --network-plugin=cni --cni-bin-dir=/opt/cni/bin,/usr/lib/cni`,
    `--cgroup-driver=cgroupfs --fail-swap-on=false --pod-infra-container-image=k8s.gcr.io/pause:3.2`,
    `--hostname-override=${name} --node-ip=${address} --enforce-node-allocatable= --eviction-hard=`,
    '--runtime-cgroups=/system.slice/docker.service --kubelet-cgroups=/system.slice/kubelet.service',
    '--anonymous-auth=true --authorization-mode=AlwaysAllow',
  ]
  const proxy = [
    `${BIN}/kube-proxy --kubeconfig=${config} --proxy-mode=iptables --cluster-cidr=${POD_NETWORK}`,
    `--hostname-override=${name} --conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0s`,
    '--conntrack-tcp-timeout-close-wait=0s',
  ]
  return [
    { path: config, content: nodeConfig(control.address), mode: 0o600 },
    { path: '/etc/docker/daemon.json', content: DOCKER },
    { path: '/usr/local/lib/kubernetes/flannel-images', content: `${FLANNEL_IMAGES.join('\n')}\n` },
    ownFile('prepare-node'),
    ownFile('flanneld'),
    ownFile('coredns'),
    { ...ownFile('runc-wrapper'), path: '/usr/local/sbin/runc' },
    unit('kubelet', { command: kubelet, before: '/usr/local/lib/kubernetes/prepare-node', after: 'docker.service' }),
    unit('kube-proxy', { command: proxy, after: 'kubelet.service' }),
    started('kubelet', 'kube-proxy'),
  ]
}

/** Tokens of the lab's only users; its network has no way in or out. */
const TOKENS = 'lab-admin,admin,1,system:masters\nlab-node,lab-node,2,system:masters\nlab-guest,guest,3\n'

/** As for a cluster that leaves the host's rules to others; else docker drops what pods of other nodes send. */
const DOCKER = '{"iptables": false, "storage-driver": "overlay2"}\n'

/** The names under which the manifests of flannel v0.10 to v0.28 ask for it. */
export const FLANNEL_IMAGES: readonly string[] = [
  ...['v0.10.0-amd64', 'v0.11.0-amd64', 'v0.12.0-amd64', 'v0.13.0-rc2', 'v0.13.0', 'v0.13.1-rc1', 'v0.13.1-rc2'].map(
    (tag) => `quay.io/coreos/flannel:${tag}`,
  ),
  ...['v0.14.0', 'v0.15.1'].map((tag) => `quay.io/coreos/flannel:${tag}`),
  'rancher/mirrored-flannelcni-flannel-cni-plugin:v1.0.0',
  'rancher/mirrored-flannelcni-flannel-cni-plugin:v1.1.0',
  'rancher/mirrored-flannelcni-flannel:v0.20.2',
  'flannel/flannel-cni-plugin:v1.1.2',
  'flannel/flannel:v0.22.0',
  'ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel3',
  'ghcr.io/flannel-io/flannel:v0.28.9',
]

const nodeConfig = (address: string): string => `apiVersion: v1
kind: Config
clusters: [{name: lab, cluster: {server: "https://${address}:6443", insecure-skip-tls-verify: true}}]
users: [{name: node, user: {token: lab-node}}]
contexts: [{name: lab, context: {cluster: lab, user: node}}]
current-context: lab
`

interface UnitOptions {
  readonly command: readonly string[]
  readonly after: string
  readonly before?: string // what is run before it
  readonly type?: 'notify'
}

function unit(name: string, { command, after, before, type }: UnitOptions): SeedFile {
  const lines = [
    '[Unit]',
    `After=${after}`,
    `Wants=${after}`,
    'StartLimitIntervalSec=0',
    '[Service]',
    ...(type === undefined ? [] : [`Type=${type}`]),
    ...(before === undefined ? [] : [`ExecStartPre=${before}`]),
    `ExecStart=${command.join(' \\\n  ')}`,
    'Restart=always',
    'RestartSec=1',
    '',
  ]
  return { path: `/etc/systemd/system/${name}.service`, content: lines.join('\n') }
}

const started = (...units: readonly string[]): SeedFile => ({
  path: '/etc/systemd/system/multi-user.target.d/kubernetes.conf',
  content: `[Unit]\nWants=${units.map((name) => `${name}.service`).join(' ')}\n`,
})

const ownFile = (name: string): SeedFile => ({
  path: `/usr/local/lib/kubernetes/${name}`,
  content: readFileSync(join(import.meta.dirname, name), 'utf8'),
  mode: 0o755,
})
