import { etcdSeed } from './etcd-seed.ts'
import { hypervisorSeed } from './guests/hypervisor-seed.ts'
import { kubernetesSeed } from './kubernetes/kubernetes-seed.ts'
import type { SeedFile } from './seed-file.ts'
import { type LabHost, machinesOf, type Topology } from './topologies.ts'

/** What makes a host itself: new for each host, kept by the lab across resets but for the machine id. */
export interface Identity {
  readonly machineId: string
  readonly hostKey: string
  readonly hostKeyPublic: string
  /** The lab's public key, let in as every user. */
  readonly authorizedKey: string
}

/** All files that turn the image into this host of this topology. */
export function seedFiles(host: LabHost, topology: Topology, identity: Identity): readonly SeedFile[] {
  return [
    { path: '/etc/hostname', content: `${host.name}\n` },
    { path: '/etc/hosts', content: hostsFile(topology) },
    { path: '/etc/resolv.conf', content: '' },
    { path: '/etc/machine-id', content: `${identity.machineId}\n`, mode: 0o444 },
    { path: '/etc/ssh/ssh_host_ed25519_key', content: identity.hostKey, mode: 0o600 },
    { path: '/etc/ssh/ssh_host_ed25519_key.pub', content: identity.hostKeyPublic },
    { path: '/etc/ssh/lab_authorized_keys', content: identity.authorizedKey },
    ...(topology.etcd === undefined ? [] : etcdSeed(host, topology.hosts, topology.etcd)),
    ...kubernetesSeed(host, topology.hosts),
    ...(topology.guests && host === topology.hosts[0] ? hypervisorSeed(host, topology.guests) : []),
  ]
}

function hostsFile(topology: Topology): string {
  const lines = machinesOf(topology).map((host) => `${host.address} ${host.name}`)
  return ['127.0.0.1 localhost', '::1 localhost', ...lines, ''].join('\n')
}
