import { hardwareAddress } from '../nspawn.ts'
import type { SeedFile } from '../seed-file.ts'
import type { LabHost } from '../topologies.ts'
import { domainXml } from './domain.ts'

/** The files that make a host a hypervisor: a bridge that shares its network card, and its guests' definitions. */
export function hypervisorSeed(host: LabHost, guests: readonly LabHost[]): readonly SeedFile[] {
  return [
    { path: '/usr/local/lib/lab-bridge', content: bridge(host), mode: 0o755 },
    { path: '/etc/systemd/system/libvirtd.service.d/lab.conf', content: BEFORE_LIBVIRT },
    ...guests.map((guest) => ({ path: `/etc/libvirt/lab/${guest.name}.xml`, content: domainXml(guest) })),
  ]
}

const BEFORE_LIBVIRT = '[Service]\nExecStartPre=/usr/local/lib/lab-bridge\n'

/** The address moves from the card to the bridge that has the card in it: both must answer under one hardware address. */
const bridge = ({ address }: LabHost): string => `#!/bin/sh -e
[ ! -e /sys/class/net/br0 ] || exit 0
ip link add br0 address ${hardwareAddress(address)} type bridge
ip addr flush dev host0
ip link set host0 master br0
ip addr add ${address}/24 dev br0
ip link set br0 up
ip route add default via 10.77.0.1
`
