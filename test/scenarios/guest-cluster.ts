import { etcdSeed } from '../../lab/etcd-seed.ts'
import { sshLab } from '../../lab/lab.ts'
import type { LabSettings } from '../../lab/settings.ts'
import { type LabHost, TOPOLOGIES } from '../../lab/topologies.ts'

/** A cluster of etcd of which one member, g1, is a virtual machine. */
export interface GuestCluster {
  readonly urls: readonly string[]
  /** Runs a script as root; throws where it fails. */
  on(host: string, script: string): Promise<string>
  /** Makes a new cluster of the members, and waits until all of them are healthy. */
  form(): Promise<void>
  untilHealthy(): Promise<void>
  /** What the guest's member says of itself, asked from beside. */
  member(): Promise<MemberSeen>
  /** The value of a key, read from the guest's member. */
  readThere(key: string): Promise<string>
  /** Asks the leader to hand over to the guest's member; tells whether that leads then. An emulated leader may lose it at any time. */
  letGuestLead(): Promise<boolean>
  /** A write every two seconds from beside while the work is done: what the guest's member misses, it has to catch up with. */
  writing(work: () => Promise<void>): Promise<void>
}

export interface MemberSeen {
  readonly id: string
  readonly leads: boolean
  readonly revision: number
}

const etcdctl = (url: string, words: string): string =>
  `ETCDCTL_API=3 etcdctl --command-timeout=60s --endpoints=${url} ${words}`

export function guestCluster(settings: LabSettings): GuestCluster {
  const { guests = [], hosts } = TOPOLOGIES['kvm-etcd']
  const members = [...guests, ...hosts.slice(1)]
  const urls = members.map(({ address }) => `http://${address}:2379`)
  const [own = ''] = urls
  const on: GuestCluster['on'] = async (host, script) => {
    const { code, stdout, stderr } = await sshLab(host, [script], settings)
    if (code !== 0) throw new Error(`${host}: ${stderr}${stdout}`)
    return stdout.trim()
  }
  const untilHealthy = async () => {
    await on('e2', tried(etcdctl(urls.join(','), 'endpoint health')))
  }
  return {
    urls,
    on,
    untilHealthy,
    form: async () => {
      for (const { name } of members) await on(name, 'systemctl stop etcd; rm -rf /var/lib/etcd/default')
      for (const host of members) await on(host.name, startScript(host, members))
      await untilHealthy()
    },
    member: async () => {
      const status = await on('e2', etcdctl(own, 'endpoint status'))
      const [, id = '', , , leads] = status.split(', ')
      const answer = await on('e2', etcdctl(own, 'get nothing -w json'))
      return { id, leads: leads === 'true', revision: Number(/"revision":(\d+)/.exec(answer)?.[1]) }
    },
    readThere: (key) => on('e2', etcdctl(own, `get ${key} --print-value-only`)),
    letGuestLead: async () => {
      const leads = `${etcdctl(own, 'endpoint status')} | grep -q ', true, '`
      const moved = urls.map((url) => etcdctl(url, `move-leader $(${etcdctl(own, 'endpoint status')} | cut -d, -f2)`))
      return (
        (await on(
          'e2',
          `n=0
until ${leads}; do n=$((n + 1)); [ $n -lt 10 ] || { echo no; exit 0; }
${moved.join('\n')}
done >/dev/null 2>&1; echo yes`,
        )) === 'yes'
      )
    },
    writing: async (work) => {
      const others = urls.slice(1).join(',')
      const loop = `while :; do n=$((n + 1)); ${etcdctl(others, 'put meanwhile "$n"')}; sleep 2; done`
      await on('e2', `cat >/root/writes <<'WRITES'\n${loop}\nWRITES\nsystemd-run -q --unit=writes sh /root/writes`)
      try {
        await work()
      } finally {
        await on('e2', 'systemctl stop writes')
      }
    },
  }
}

/** As much patience as an emulated processor needs; etcd is tried again until its network is there. */
const startScript = (host: LabHost, members: readonly LabHost[]): string => `mkdir -p /etc/systemd/system/etcd.service.d
cat >/etc/systemd/system/etcd.service.d/patient.conf <<'UNIT'
[Unit]
StartLimitIntervalSec=0
[Service]
TimeoutStartSec=20min
Restart=always
RestartSec=1
UNIT
cat >/etc/default/etcd <<'SETTINGS'
${etcdSeed(host, members, 'env-file').map(({ content }) => content)}
ETCD_HEARTBEAT_INTERVAL="500"
ETCD_ELECTION_TIMEOUT="5000"
SETTINGS
systemctl daemon-reload; systemctl start --no-block etcd`

const tried = (command: string): string =>
  `n=0; until ${command} >/dev/null 2>&1; do n=$((n + 1)); [ $n -lt 300 ]; sleep 1; done`
