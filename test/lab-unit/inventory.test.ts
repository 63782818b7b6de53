import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { FORWARD_PORT, forwardAddress } from '../../lab/forward-address.ts'
import { knownHostsLines, renderInventory } from '../../lab/inventory.ts'
import { labSettings } from '../../lab/settings.ts'
import { TOPOLOGIES } from '../../lab/topologies.ts'

describe("a lab's inventory", () => {
  it('holds every host by its direct address in the group of its topology', () => {
    expect(parse(renderInventory(TOPOLOGIES.mods))).toEqual({
      all: {
        vars: {
          ansible_user: 'root',
          ansible_ssh_private_key_file: '{{ inventory_dir }}/key',
          ansible_ssh_common_args: '-o UserKnownHostsFile={{ inventory_dir }}/known_hosts',
        },
        children: {
          plain: { hosts: { h1: { ansible_host: '10.77.0.11' }, h2: { ansible_host: '10.77.0.12' } } },
        },
      },
    })
  })

  it('groups the hosts of a Kubernetes cluster by what they are in it', () => {
    const { kube_control: control, kube_nodes: nodes } = parse(renderInventory(TOPOLOGIES.k8s)).all.children
    expect(control.hosts).toEqual({ c1: { kubeconfig: '/etc/kubernetes/admin.conf' } })
    expect(Object.keys(nodes.hosts)).toEqual(['n1', 'n2'])
  })

  it('names the runbooks that concern an etcd cluster', () => {
    expect(parse(renderInventory(TOPOLOGIES.etcd3)).all.vars.runbooks).toEqual(['etcd-tune-timeouts'])
  })

  it('agrees with the committed inventory on the loopback addresses of the default lab', () => {
    const committed = parse(readFileSync(new URL('../../inventories/lab.yaml', import.meta.url), 'utf8'))
    const { hosts, vars } = committed.all.children.etcd
    const expected = TOPOLOGIES.etcd3.hosts.map((host) => [
      host.name,
      { ansible_host: forwardAddress(host, labSettings({}).loopback) },
    ])
    expect(hosts).toEqual(Object.fromEntries(expected))
    expect(vars.ansible_port).toBe(FORWARD_PORT)
  })

  it('knows a host key by name, by direct address and by loopback address', () => {
    const [host] = TOPOLOGIES.etcd3.hosts
    if (host === undefined) throw new Error('etcd3 has hosts')
    expect(knownHostsLines(host, '127.77.0', 'ssh-ed25519 AAAA e1\n')).toBe(
      'e1,10.77.0.21 ssh-ed25519 AAAA\n[127.77.0.21]:2222 ssh-ed25519 AAAA\n',
    )
  })
})
