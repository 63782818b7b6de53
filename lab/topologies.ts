import type { ImageName } from './images.ts'

export type TopologyName =
  | 'one'
  | 'mods'
  | 'three'
  | 'etcd3'
  | 'etcd3-3.3'
  | 'etcd3-3.5'
  | 'etcd3-flags'
  | 'etcd3-config'
  | 'etcd3-static'
  | 'etcd3-slow'
  | 'rpm'
  | 'python'
  | 'kvm'
  | 'kvm-etcd'
  | 'rancher'
  | 'docker'
  | 'k8s'

/** How an etcd member gets its settings: environment file, flags of the unit, configuration file, or a static pod's manifest. */
export type EtcdStyle = 'env-file' | 'flags' | 'config-file' | 'static-pod'

export interface LabHost {
  readonly name: string
  readonly address: string
  readonly image: ImageName
  readonly disks?: readonly LabDisk[]
  /** What it is in a Kubernetes cluster of all hosts of the topology that are something in it. */
  readonly kubernetes?: 'control-plane' | 'node'
  /** Of a second network card, host1, on a network of its own. */
  readonly secondAddress?: string
}

/** A disk of a host, as /dev/`device` and /dev/disk/by-id/virtio-lab-`device`, on which every write takes at least `writeDelayMs`. */
export interface LabDisk {
  readonly device: `vd${string}`
  readonly mebibytes: number
  readonly writeDelayMs: number
  readonly mount?: string // absent: there is nothing on it
}

export interface Topology {
  readonly summary: string
  /** Inventory group of all its hosts. */
  readonly group: string
  readonly hosts: readonly LabHost[]
  /** Virtual machines that the first host runs, each with a disk on the IDE bus at first. */
  readonly guests?: readonly LabHost[]
  /** Present: the hosts are the members of one etcd cluster. */
  readonly etcd?: EtcdStyle
}

/** Every lab that `lab up` can make. */
export const TOPOLOGIES: Readonly<Record<TopologyName, Topology>> = {
  etcd3: etcd('three etcd 3.4 members, set by /etc/default/etcd', 'etcd-3.4', 'env-file'),
  'etcd3-3.3': etcd('three etcd 3.3 members, set by /etc/default/etcd', 'etcd-3.3', 'env-file'),
  'etcd3-3.5': etcd('three etcd 3.5 members, set by /etc/default/etcd', 'etcd-3.5', 'env-file'),
  'etcd3-flags': etcd('three etcd 3.4 members, set by flags in a drop-in of the unit', 'etcd-3.4', 'flags'),
  'etcd3-config': etcd('three etcd 3.4 members, set by /etc/etcd/etcd.conf.yml', 'etcd-3.4', 'config-file'),
  'etcd3-static': etcd(
    'three etcd 3.4 members, each a static pod run by a stand-in for the kubelet',
    'etcd-3.4',
    'static-pod',
  ),
  'etcd3-slow': slowDisk(
    etcd(
      'three etcd 3.4 members, the data of e1 on a disk of 20 ms a write; an empty, fast disk each',
      'etcd-3.4',
      'env-file',
    ),
  ),
  one: { summary: 'one plain host', group: 'plain', hosts: [host('h1', 11, 'base')] },
  mods: { summary: 'two plain hosts', group: 'plain', hosts: [host('h1', 11, 'base'), host('h2', 12, 'base')] },
  three: {
    summary: 'three plain hosts',
    group: 'plain',
    hosts: [host('h1', 11, 'base'), host('h2', 12, 'base'), host('h3', 13, 'base')],
  },
  rpm: {
    summary: 'plain hosts with dnf (r1) and zypper (r2) beside apt',
    group: 'plain',
    hosts: [host('r1', 13, 'dnf'), host('r2', 14, 'zypper')],
  },
  python: {
    summary: 'two plain hosts with Python (p1, p2), which Ansible needs on its targets',
    group: 'plain',
    hosts: [host('p1', 15, 'python'), host('p2', 16, 'python')],
  },
  kvm: {
    summary: 'a libvirt host (v1) with a virtual machine (g1), its processor emulated and its disk on the IDE bus',
    group: 'hypervisors',
    hosts: [host('v1', 17, 'kvm')],
    guests: [host('g1', 18, 'guest')],
  },
  'kvm-etcd': {
    summary:
      'as kvm, with etcd 3.4 in the virtual machine (g1) and on two hosts beside it (e2, e3), not yet one cluster',
    group: 'plain',
    hosts: [host('v1', 17, 'kvm'), host('e2', 22, 'etcd-3.4'), host('e3', 23, 'etcd-3.4')],
    guests: [host('g1', 18, 'guest-etcd')],
  },
  docker: {
    summary: 'one host with docker.io 20.10.5 of the suite before (d1)',
    group: 'plain',
    hosts: [
      {
        ...host('d1', 44, 'docker'),
        disks: [{ device: 'vdb', mebibytes: 1024, writeDelayMs: 0, mount: '/var/lib/docker' }],
      },
    ],
  },
  rancher: {
    summary:
      'a front with nginx (f1), what stands in for a Rancher server behind it (s1), and a node of a downstream cluster (d1)',
    group: 'plain',
    hosts: [host('f1', 41, 'nginx'), host('s1', 42, 'nginx'), host('d1', 43, 'base')],
  },
  k8s: {
    summary: 'a Kubernetes 1.20 control plane (c1) and two nodes (n1, n2) with two network cards each',
    group: 'kubernetes',
    hosts: [{ ...host('c1', 31, 'k8s-control'), kubernetes: 'control-plane' }, node('n1', 32), node('n2', 33)],
  },
}

/** Everything that has an address and an sshd: the hosts, and the virtual machines they run. */
export const machinesOf = ({ hosts, guests = [] }: Topology): readonly LabHost[] => [...hosts, ...guests]

/** True for a name in TOPOLOGIES; for names that come from the command line. */
export function isTopologyName(name: string): name is TopologyName {
  return Object.hasOwn(TOPOLOGIES, name)
}

function etcd(summary: string, image: ImageName, style: EtcdStyle): Topology {
  return {
    summary,
    group: 'etcd',
    etcd: style,
    hosts: [host('e1', 21, image), host('e2', 22, image), host('e3', 23, image)],
  }
}

/** The data folder of the first member on a slow disk of its own; and on each a fast disk that is empty. */
function slowDisk(topology: Topology): Topology {
  const [first, ...others] = topology.hosts
  if (!first) return topology
  const disk: LabDisk = { device: 'vdb', mebibytes: 256, writeDelayMs: 20, mount: '/var/lib/etcd' }
  const fast: LabDisk = { device: 'vdc', mebibytes: 2048, writeDelayMs: 0 }
  const withFast = (host: LabHost, disks: readonly LabDisk[]): LabHost => ({ ...host, disks: [...disks, fast] })
  return { ...topology, hosts: [withFast(first, [disk]), ...others.map((host) => withFast(host, []))] }
}

/** Docker and kubelet want file systems of their own, which no overlay is. */
function node(name: string, lastByte: number): LabHost {
  const disk = { writeDelayMs: 0, mebibytes: 512 }
  return {
    ...host(name, lastByte, 'k8s-node'),
    kubernetes: 'node',
    secondAddress: `10.77.1.${lastByte}`,
    disks: [
      { ...disk, device: 'vdb', mount: '/var/lib/docker' },
      { ...disk, device: 'vdc', mount: '/var/lib/kubelet' },
    ],
  }
}

function host(name: string, lastByte: number, image: ImageName): LabHost {
  return { name, address: `10.77.0.${lastByte}`, image }
}
