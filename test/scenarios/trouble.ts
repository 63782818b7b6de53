import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import process from 'node:process'
import { requireState } from '../../lab/state.ts'
import { networkArgv } from '../../lab/supervisor.ts'
import { unreachable } from '../../src/model/unreachable.ts'
import { type Cluster, until } from './cluster.ts'
import type { Trouble } from './scenario.ts'

/** Takes away what a trouble left outside of the hosts; what is in them goes when they are as new. */
export type Undo = () => Promise<void>

const nothing: Undo = async () => undefined

/** Makes the trouble be there. */
export async function makeTrouble(cluster: Cluster, trouble: Trouble): Promise<Undo> {
  const { on } = cluster
  switch (trouble.kind) {
    case 'disk':
      return slowDisk(cluster, trouble)
    case 'latency':
      return slowLink(cluster, trouble)
    case 'loss':
      await on(trouble.host, lossy(cluster, trouble))
      return nothing
    case 'quota':
      await on(trouble.host, `systemctl set-property --runtime etcd CPUQuota=${trouble.percent}%`)
      return nothing
    case 'burners':
      await on(
        trouble.host,
        `systemctl set-property --runtime etcd CPUShares=2 CPUWeight=1
n=0; while [ $n -lt ${trouble.count} ]; do n=$((n + 1))
systemd-run -q -p CPUShares=8192 -p CPUWeight=1000 sh -c 'while :; do :; done'; done`,
      )
      return nothing
    case 'database':
      await on(cluster.members[0]?.name ?? '', filled(trouble.mebibytes))
      return nothing
    case 'space':
      for (const { name } of cluster.members) await on(name, `echo ETCD_QUOTA_BACKEND_BYTES=16777216 ${RESTART}`)
      await on(cluster.members[0]?.name ?? '', `${HEALTHY}; ${filled(trouble.mebibytes)}`)
      return nothing
    case 'timeouts':
      await on(trouble.host, heartbeat(trouble.heartbeatMs))
      return nothing
    case 'heartbeat':
      for (const { name } of cluster.members) await on(name, heartbeat(trouble.ms))
      return nothing
    default:
      return unreachable(trouble)
  }
}

const RESTART = '>>/etc/default/etcd; systemctl restart etcd'
const HEALTHY =
  'n=0; until ETCDCTL_API=3 etcdctl endpoint health 2>&1 | grep -q "is healthy"; do n=$((n + 1)); [ $n -lt 100 ] || exit 1; sleep 0.2; done'

const heartbeat = (ms: number): string =>
  `printf 'ETCD_HEARTBEAT_INTERVAL=%s\\nETCD_ELECTION_TIMEOUT=%s\\n' ${ms} ${ms * 10} ${RESTART}`

/** Values of a mebibyte each; one that is refused for want of space is what is wanted. */
const filled = (mebibytes: number): string => `head -c 768000 /dev/zero | tr '\\0' x | base64 -w 0 >/root/value
n=0; while [ $n -lt ${mebibytes} ]; do n=$((n + 1))
{ printf '{"key":"%s","value":"' "$(echo big$n | base64)"; cat /root/value; printf '"}'; } |
curl -s -m 20 -o /dev/null http://127.0.0.1:2379/v3/kv/put -d @-; done; true`

const lossy = ({ members }: Cluster, { host, percent }: Trouble & { kind: 'loss' }): string => {
  const others = members.filter(({ name }) => name !== host).map(({ address }) => address)
  return `nft add table inet lossy; nft add chain inet lossy in '{ type filter hook input priority 0; }'
nft add rule inet lossy in ip saddr '{ ${others.join(', ')} }' numgen random mod 100 '<' ${percent} drop`
}

/** The member's data goes to a file system on a loop device on a file that nbdkit serves late. */
async function slowDisk(cluster: Cluster, { host, delayMs }: Trouble & { kind: 'disk' }): Promise<Undo> {
  const { on, inLab } = cluster
  await on(host, 'systemctl stop etcd; rm -rf /root/data; cp -a /var/lib/etcd /root/data')
  await inLab(ATTACH, host, String(delayMs))
  await on(
    host,
    'chown --reference=/root/data /var/lib/etcd; cp -a /root/data/. /var/lib/etcd; sync; systemctl start etcd',
  )
  return async () => {
    await inLab(DETACH, host)
  }
}

/** The loop device frees itself with its last user, the mount. The host sees no new devices: it is mounted from outside. */
const ATTACH = `
host=$1 delay=$2 folder=/run/lab/slow-$1
mkdir -p "$folder"
setsid nbdfuse "$folder/disk" [ nbdkit --exit-with-parent --filter=delay memory 256M "wdelay=\${delay}ms" ] >"$folder.log" 2>&1 </dev/null &
n=0; until [ -s "$folder/disk" ]; do n=$((n + 1)); [ $n -lt 200 ] || { cat "$folder.log" >&2; exit 1; }; sleep 0.05; done
loop=$(losetup --find --show "$folder/disk")
mkfs.ext4 -q -F -E lazy_itable_init=1,lazy_journal_init=1,nodiscard "$loop"
number=$(cat "/sys/block/\${loop#/dev/}/dev")
init=$(ip netns pids "$host" | sort -n | head -n 1)
nsenter --target "$init" --mount sh -ec "mknod /dev/slow b \${number%:*} \${number#*:}; mount /dev/slow /var/lib/etcd; rmdir /var/lib/etcd/lost+found"
losetup -d "$loop"
`
const DETACH = `
folder=/run/lab/slow-$1
n=0; until umount "$folder" 2>/dev/null; do n=$((n + 1)); [ $n -lt 100 ] || exit 1; sleep 0.1; done
rm -rf "$folder" "$folder.log"
`

const LINK = path.join(import.meta.dirname, 'slow-link.ts')

async function slowLink({ settings }: Cluster, { host, ms }: Trouble & { kind: 'latency' }): Promise<Undo> {
  const words = networkArgv(requireState(settings).init, [process.execPath, LINK, host, String(ms)])
  const [tool, ...args] = words
  const child = spawn(tool, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error(`no slow link to ${host}`))),
  ])
  return async () => {
    child.stdin.end()
    await ended
  }
}

/** Waits until the members answer after what was done to them: the one that a trouble is for may not. */
export const settled = (cluster: Cluster, host: string): Promise<void> => until(cluster, host, HEALTHY)
