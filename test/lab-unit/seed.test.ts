import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { seedFiles } from '../../lab/seed.ts'
import { TOPOLOGIES, type TopologyName } from '../../lab/topologies.ts'

const IDENTITY = { machineId: 'f00d', hostKey: 'PRIVATE', hostKeyPublic: 'PUBLIC', authorizedKey: 'KEY' }

function seed(topology: TopologyName) {
  const [host] = TOPOLOGIES[topology].hosts
  if (host === undefined) throw new Error(`${topology} has hosts`)
  const files = seedFiles(host, TOPOLOGIES[topology], IDENTITY)
  return { files, text: (path: string) => files.find((file) => file.path === path)?.content ?? '' }
}

describe("a host's own files", () => {
  it('name all hosts of the lab', () => {
    expect(seed('mods').text('/etc/hosts')).toContain('10.77.0.11 h1\n10.77.0.12 h2\n')
    expect(seed('mods').text('/etc/hostname')).toBe('h1\n')
  })

  it('keep the host key for root alone', () => {
    const key = seed('one').files.find((file) => file.path === '/etc/ssh/ssh_host_ed25519_key')
    expect(key).toEqual({ path: '/etc/ssh/ssh_host_ed25519_key', content: 'PRIVATE', mode: 0o600 })
  })

  it('leave a plain host without any etcd', () => {
    expect(seed('one').files.filter((file) => file.path.includes('etcd'))).toEqual([])
  })
})

describe('a Kubernetes cluster', () => {
  const filesOf = (name: string) => {
    const host = TOPOLOGIES.k8s.hosts.find((one) => one.name === name)
    if (host === undefined) throw new Error(`k8s has ${name}`)
    return new Map(seedFiles(host, TOPOLOGIES.k8s, IDENTITY).map(({ path, content }) => [path, content]))
  }

  it('has its API server on the control plane alone, and keeps its tokens there', () => {
    expect(filesOf('c1').get('/etc/systemd/system/kube-apiserver.service')).toContain('--bind-address=10.77.0.31')
    expect(filesOf('c1').has('/etc/systemd/system/kubelet.service')).toBe(false)
    expect(filesOf('n1').has('/etc/kubernetes/tokens')).toBe(false)
  })

  it('has nodes that know its address, and themselves by their own name', () => {
    expect(filesOf('n2').get('/etc/kubernetes/node.conf')).toContain('https://10.77.0.31:6443')
    expect(filesOf('n2').get('/etc/systemd/system/kubelet.service')).toContain(
      '--hostname-override=n2 --node-ip=10.77.0.33',
    )
  })
})

describe("an etcd member's settings", () => {
  it('go into the environment file, as Debian has it', () => {
    const text = seed('etcd3').text('/etc/default/etcd')
    expect(text).toContain('ETCD_NAME="e1"\n')
    expect(text).toContain('ETCD_LISTEN_CLIENT_URLS="http://10.77.0.21:2379,http://127.0.0.1:2379"\n')
    expect(text).not.toMatch(/HEARTBEAT|ELECTION/)
  })

  it('or into flags of the unit, with nothing in its environment to contradict them', () => {
    const { files, text } = seed('etcd3-flags')
    const unit = text('/etc/systemd/system/etcd.service.d/lab.conf')
    expect(unit).toMatch(/^\[Service\]\nEnvironment=\nExecStart=\nExecStart=\/usr\/bin\/etcd \\\n {2}--name=e1 \\\n/)
    expect(unit).toContain('--election-timeout=1000\n')
    expect(files.some((file) => file.path === '/etc/default/etcd')).toBe(false)
  })

  it('or into a configuration file, numbers as numbers', () => {
    const { text } = seed('etcd3-config')
    const config = parse(text('/etc/etcd/etcd.conf.yml'))
    expect(config).toMatchObject({ name: 'e1', 'data-dir': '/var/lib/etcd/default', 'heartbeat-interval': 100 })
    expect(config['initial-cluster']).toBe(
      'e1=http://10.77.0.21:2380,e2=http://10.77.0.22:2380,e3=http://10.77.0.23:2380',
    )
    expect(text('/etc/systemd/system/etcd.service.d/lab.conf')).toContain('--config-file /etc/etcd/etcd.conf.yml\n')
  })
})

describe('a static pod', () => {
  const { files, text } = seed('etcd3-static')

  it('has a manifest in the shape kubeadm gives it', () => {
    const { kind, metadata, spec } = parse(text('/etc/kubernetes/manifests/etcd.yaml'))
    expect([kind, metadata.name, spec.hostNetwork]).toEqual(['Pod', 'etcd', true])
    expect(spec.containers[0].command.slice(0, 3)).toEqual(['etcd', '--name=e1', '--data-dir=/var/lib/etcd'])
    expect(spec.containers[0].command).toContain('--listen-metrics-urls=http://127.0.0.1:2381')
  })

  it('has its runner wanted at boot and the unit of the package masked', () => {
    expect(text('/etc/systemd/system/multi-user.target.d/static-pods.conf')).toContain('Wants=static-pods.path')
    expect(files).toContainEqual({ path: '/etc/systemd/system/etcd.service', content: '' })
    expect(files.find((file) => file.path === '/usr/local/lib/static-pods')?.mode).toBe(0o755)
  })
})
