import { setTimeout as delay } from 'node:timers/promises'
import { resetLab, sshLab } from '../../lab/lab.ts'
import { mustRun } from '../../lab/run-tool.ts'
import type { LabSettings } from '../../lab/settings.ts'
import { requireState, topologyOf } from '../../lab/state.ts'
import { insideArgv } from '../../lab/supervisor.ts'
import type { LabHost } from '../../lab/topologies.ts'
import type { Diagnosis } from '../../src/model/diagnosis.ts'
import type { Cli } from '../lab/support/cli-at.ts'

/** The lab's three members, and what can be asked and done there. */
export interface Cluster {
  readonly settings: LabSettings
  readonly members: readonly LabHost[]
  /** Runs a script as root; throws where it fails. */
  on(host: string, script: string): Promise<string>
  /** Runs a script among the lab's own processes and mounts. */
  inLab(script: string, ...words: readonly string[]): Promise<string>
  /** Every host as new, with an empty cluster. */
  renew(): Promise<void>
  lead(host: string): Promise<void>
  /** Steady writes from a host through its own member, until it is as new. */
  load(host: string): Promise<void>
  diagnose(...options: readonly string[]): Promise<Diagnosis>
}

const CLIENT = 'export ETCDCTL_API=3'
const KEY = `{\\"key\\":\\"$(echo $n | base64)\\",\\"value\\":\\"dmFsdWU=\\"}`

export function clusterOf(settings: LabSettings, cli: Cli): Cluster {
  const members = topologyOf(requireState(settings)).hosts
  const urls = members.map(({ address }) => `http://${address}:2379`)
  const on: Cluster['on'] = async (host, script) => {
    const { code, stdout, stderr } = await sshLab(host, [script], settings)
    if (code !== 0) throw new Error(`${host}: ${stderr}${stdout}`)
    return stdout.trim()
  }
  return {
    settings,
    members,
    on,
    inLab: (script, ...words) =>
      mustRun(insideArgv(requireState(settings).init, ['sh', '-ec', script, 'in-lab', ...words]), 'in the lab'),
    renew: async () => {
      await resetLab(settings)
      await quick({ on, members })
    },
    lead: async (host) => {
      await on(
        host,
        `${CLIENT}; own=$(etcdctl --endpoints=http://127.0.0.1:2379 endpoint status | cut -d, -f2 | tr -d ' ')
for url in ${urls.join(' ')}; do etcdctl --endpoints=$url move-leader "$own" 2>&1 | grep transferred && exit; done
etcdctl --endpoints=http://127.0.0.1:2379 endpoint status | grep ', true, '`,
      )
    },
    load: async (host) => {
      await on(
        host,
        `cat >/root/load <<'LOAD'
n=0
while :; do n=$((n + 1)); curl -s -m 5 -o /dev/null http://127.0.0.1:2379/v3/kv/put -d "${KEY}"; done
LOAD
systemd-run -q --unit=load sh /root/load`,
      )
    },
    diagnose: async (...options) => {
      // Whoever takes processors away from the machine that the lab is on is none of the causes that were made.
      const own = ['--set', 'steal_max=100']
      const { code, stdout, stderr } = await cli.run('diagnose', 'etcd-slow-disk', '--json', ...own, ...options)
      if (code !== 0) throw new Error(`diagnose ended with ${code}: ${stderr}${stdout}`)
      return JSON.parse(stdout).diagnoses[0] // one runbook, one diagnosis
    },
  }
}

/** A topology may have a slow disk under a member: it is taken away, so that nothing is wrong at first. */
async function quick({ on, members }: Pick<Cluster, 'on' | 'members'>): Promise<void> {
  for (const { name, disks = [] } of members)
    if (disks.some(({ mount }) => mount === '/var/lib/etcd')) await on(name, OFF_THE_DISK)
}

/** The data of a member from the disk it is mounted on to where it would be without. */
export const OFF_THE_DISK = `systemctl stop etcd; rm -rf /root/data; cp -a /var/lib/etcd /root/data
umount /var/lib/etcd; cp -a /root/data/. /var/lib/etcd; systemctl start etcd`

/** Waits until a script succeeds on a host. */
export async function until({ on }: Pick<Cluster, 'on'>, host: string, script: string): Promise<void> {
  for (const end = performance.now() + 60_000; ; await delay(200)) {
    try {
      await on(host, script)
      return
    } catch (error) {
      if (performance.now() > end) throw error
    }
  }
}
