import { FORWARD_PORT, forwardAddress } from './forward-address.ts'
import type { LabHost, Topology } from './topologies.ts'

/** The Ansible inventory of a lab with its direct addresses, to lie beside the key and known_hosts it names. */
export function renderInventory(topology: Topology): string {
  return [
    '# Written by `lab up`: direct addresses, for commands run by `npm run lab -- exec`.',
    'all:',
    '  vars:',
    '    ansible_user: root',
    '    ansible_ssh_private_key_file: "{{ inventory_dir }}/key"',
    '    ansible_ssh_common_args: "-o UserKnownHostsFile={{ inventory_dir }}/known_hosts"',
    ...(topology.etcd === undefined ? [] : ['    runbooks: [etcd-tune-timeouts]']),
    '  children:',
    `    ${topology.group}:`,
    '      hosts:',
    ...topology.hosts.map((host) => `        ${host.name}: {ansible_host: ${host.address}}`),
    ...guestLines(topology),
    ...kubernetesLines(topology),
    '',
  ].join('\n')
}

/** The hosts of a Kubernetes cluster by what they are in it. */
function kubernetesLines({ hosts }: Topology): readonly string[] {
  const named = (role: LabHost['kubernetes']) => hosts.filter(({ kubernetes }) => kubernetes === role)
  if (named('control-plane').length === 0) return []
  return [
    '    kube_control:',
    '      hosts:',
    ...named('control-plane').map(({ name }) => `        ${name}: {kubeconfig: /etc/kubernetes/admin.conf}`),
    '    kube_nodes:',
    '      hosts:',
    ...named('node').map(({ name }) => `        ${name}:`),
  ]
}

/** Virtual machines, each with the host it runs on and its name there. */
function guestLines({ hosts, guests = [] }: Topology): readonly string[] {
  if (guests.length === 0) return []
  const line = ({ name, address }: LabHost) =>
    `        ${name}: {ansible_host: ${address}, hypervisor: ${hosts[0]?.name}, domain: ${name}}`
  return ['    kvm_guests:', '      hosts:', ...guests.map(line)]
}

/** One host's known_hosts lines: by name and direct address, and by its loopback address. `hostKey` is a .pub line. */
export function knownHostsLines(host: LabHost, loopback: string, hostKey: string): string {
  const key = hostKey.split(' ').slice(0, 2).join(' ').trim()
  return `${host.name},${host.address} ${key}\n[${forwardAddress(host, loopback)}]:${FORWARD_PORT} ${key}\n`
}
