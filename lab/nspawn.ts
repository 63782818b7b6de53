import { INSIDE } from './paths.ts'
import type { Argv } from './run-tool.ts'
import type { LabHost } from './topologies.ts'

/**
 * Argument list that boots a host. Why each is there:
 * keep-unit, no register: no systemd runs outside; kill-signal: SIGTERM to nspawn is then a clean power-off, though
 * lab-init is not --boot; NET_ADMIN: nft, ip and sysctl in the host; add_key, keyctl: docker.
 */
export function nspawnArgv(host: LabHost, devices: readonly string[] = []): Argv {
  return [
    'systemd-nspawn',
    '--quiet',
    '--keep-unit',
    '--register=no',
    '--kill-signal=RTMIN+3',
    '--console=read-only',
    `--directory=${INSIDE.root(host.name)}`,
    `--machine=${host.name}`,
    `--network-namespace-path=${INSIDE.netns(host.name)}`,
    ...(host.kubernetes === 'node' ? NODE_RIGHTS : HOST_RIGHTS),
    '--link-journal=no',
    '--resolv-conf=off',
    '--timezone=off',
    ...devices.map((device) => `--bind=${device}`),
    '/usr/local/lib/lab-init',
  ]
}

const HOST_RIGHTS = [
  '--capability=CAP_NET_ADMIN,CAP_IPC_LOCK,CAP_SYSLOG,CAP_SYS_PACCT',
  '--system-call-filter=add_key keyctl',
]

/** What a kubelet wants of its machine: it reads the kernel's log, and its containers get what it has. */
const NODE_RIGHTS = ['--capability=all', '--system-call-filter=add_key keyctl bpf', '--bind=/dev/kmsg']

/** Argument list of a host's starter: a fresh network at each boot, and again when the host reboots itself. */
export function starterArgv(host: LabHost, cgroups: readonly string[], devices: readonly string[] = []): Argv {
  return [
    'sh',
    '-c',
    STARTER,
    'starter',
    host.name,
    host.address,
    hardwareAddress(host.address),
    host.secondAddress ?? '',
    host.secondAddress === undefined ? '' : hardwareAddress(host.secondAddress),
    ...cgroups,
    '--',
    ...nspawnArgv(host, devices),
  ]
}

/**
 * A host's network card is the same at each boot, as a machine's is: its peers remember it for up to 45 s, and would
 * talk to nobody meanwhile. 02 marks an address as locally administered; the rest is the IPv4 address.
 */
export function hardwareAddress(address: string): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))
  return ['02', '00', ...bytes].join(':')
}

/**
 * nspawn runs in the host's cgroups, the starter outside them: it outlives a crash and takes the network away, so that
 * a host that is down answers nothing, not even a reset. 133 is nspawn's word for "the host reboots".
 */
const STARTER = `
name=$1 address=$2 mac=$3 second=$4 second_mac=$5; shift 5
cgroups=
while [ "$1" != -- ]; do cgroups="$cgroups $1"; shift; done
shift
unplug() {
  ip link del "v-$name" 2> /dev/null
  ip link del "w-$name" 2> /dev/null
  ip netns del "$name" 2> /dev/null
}
plug() {
  ip netns add "$name" &&
  ip link add "v-$name" type veth peer name host0 address "$mac" netns "$name" &&
  ip link set "v-$name" master lab0 up &&
  ip -n "$name" link set lo up &&
  ip -n "$name" addr add "$address/24" dev host0 &&
  ip -n "$name" link set host0 up &&
  ip -n "$name" route add default via 10.77.0.1 &&
  { [ -z "$second" ] || plug_second; }
}
plug_second() {
  ip link add "w-$name" type veth peer name host1 address "$second_mac" netns "$name" &&
  ip link set "w-$name" master lab1 up &&
  ip -n "$name" addr add "$second/24" dev host1 &&
  ip -n "$name" link set host1 up
}
export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
code=133
while [ "$code" = 133 ]; do
  unplug
  plug || exit 1
  (
    for cgroup in $cgroups; do echo 0 > "$cgroup/cgroup.procs" || exit 1; done
    exec "$@"
  )
  code=$?
done
unplug
exit "$code"
`
