import type { SeedFile } from './seed-file.ts'
import { staticPodSeed } from './static-pod-seed.ts'
import type { EtcdStyle, LabHost } from './topologies.ts'

type Setting = readonly [name: string, value: string]

/** The files that make a host a member of its topology's etcd cluster, in one of the ways people run etcd. */
export function etcdSeed(host: LabHost, members: readonly LabHost[], style: EtcdStyle): readonly SeedFile[] {
  const settings = memberSettings(host, members)
  switch (style) {
    case 'env-file':
      return [{ path: '/etc/default/etcd', content: environmentFile(settings) }]
    case 'flags':
      return [dropIn(['/usr/bin/etcd', ...flags([...settings, ...TIMEOUTS])])]
    case 'config-file':
      return [
        { path: '/etc/etcd/etcd.conf.yml', content: configFile([...settings, ...TIMEOUTS]) },
        dropIn(['/usr/bin/etcd', '--config-file /etc/etcd/etcd.conf.yml']),
      ]
    case 'static-pod':
      return staticPodSeed(flags(kubeadmSettings(settings)), host.address)
  }
}

/** Settings of a member of a new cluster, under the names etcd's configuration file and flags share. */
export function memberSettings(host: LabHost, members: readonly LabHost[]): readonly Setting[] {
  const client = `http://${host.address}:2379`
  const peer = `http://${host.address}:2380`
  return [
    ['name', host.name],
    ['data-dir', '/var/lib/etcd/default'],
    ['listen-peer-urls', peer],
    ['listen-client-urls', `${client},http://127.0.0.1:2379`],
    ['initial-advertise-peer-urls', peer],
    ['advertise-client-urls', client],
    ['initial-cluster', members.map((member) => `${member.name}=http://${member.address}:2380`).join(',')],
    ['initial-cluster-token', 'lab'],
    ['initial-cluster-state', 'new'],
  ]
}

/** etcd's own defaults (ms), spelled out: people who write flags or a configuration file mostly name them. */
const TIMEOUTS: readonly Setting[] = [
  ['heartbeat-interval', '100'],
  ['election-timeout', '1000'],
]

/** As kubeadm sets them: its own data folder, and metrics and health for the kubelet's probes. */
function kubeadmSettings(settings: readonly Setting[]): readonly Setting[] {
  return [
    ...settings.map(([name, value]): Setting => [name, name === 'data-dir' ? '/var/lib/etcd' : value]),
    ['listen-metrics-urls', 'http://127.0.0.1:2381'],
    ['snapshot-count', '10000'],
  ]
}

function environmentFile(settings: readonly Setting[]): string {
  const variable = (name: string) => `ETCD_${name.toUpperCase().replaceAll('-', '_')}`
  const lines = settings.map(([name, value]) => `${variable(name)}="${value}"`)
  return ['# etcd(1) settings of this member, read by etcd.service', ...lines, ''].join('\n')
}

function flags(settings: readonly Setting[]): readonly string[] {
  return settings.map(([name, value]) => `--${name}=${value}`)
}

function configFile(settings: readonly Setting[]): string {
  const plain = (value: string) => (/^\d+$/.test(value) ? value : `"${value}"`)
  return ['# etcd settings of this member', ...settings.map(([name, value]) => `${name}: ${plain(value)}`), ''].join(
    '\n',
  )
}

/** Empties the unit's own Environment=, as etcd refuses a setting that is given by variable and by flag. */
function dropIn(command: readonly string[]): SeedFile {
  const content = `[Service]\nEnvironment=\nExecStart=\nExecStart=${command.join(' \\\n  ')}\n`
  return { path: '/etc/systemd/system/etcd.service.d/lab.conf', content }
}
