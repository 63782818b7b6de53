import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadInventory } from '../../src/load/inventory.ts'
import { selectHosts } from '../../src/load/select-hosts.ts'
import type { Inventory } from '../../src/model/inventory.ts'
import { unwrap } from '../../src/model/problem.ts'
import { inventoryGraph, inventoryList, inventoryTree, sortedJsonText } from '../../src/report/inventory-text.ts'
import { yamlText } from '../../src/report/yaml-text.ts'
import { writeFiles } from '../load/write-files.ts'
import { askAnsible } from './ask-ansible.ts'
import { generatedInventory } from './inventory-arbitrary.ts'

const SEED = 20_261_121
const CASES = 600

/** As it would be printed and read again. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** The hosts of a pattern, sorted: below the second level Ansible's own order is that of a hash table. */
function selected(inventory: Inventory, pattern: string): readonly string[] | 'unknown name' {
  const hosts = selectHosts(inventory, pattern)
  if (hosts.ok) return hosts.value.toSorted()
  const [{ kind, message }] = hosts.problems
  if (kind !== 'no-hosts') throw new Error(`${pattern}: ${message}`)
  return message.includes('no group or host is named') ? 'unknown name' : []
}

describe(`generated inventories (seed ${SEED})`, () => {
  it(`${CASES} of them, in YAML, INI and folders, read as ansible-inventory --list and --yaml read them`, () => {
    const cases = fc.sample(generatedInventory, { seed: SEED, numRuns: CASES })
    const files = cases.flatMap((one, index) =>
      Object.entries(one.files).map(([name, text]): [string, string] => [`${index}/${name}`, text]),
    )
    const root = writeFiles(Object.fromEntries(files))
    const asked = cases.map(({ sources, patterns }, index) => ({
      sources: sources.map((source) => join(root, `${index}`, source)),
      patterns,
    }))
    const answers = askAnsible(asked, root)
    let compared = 0
    for (const [index, { sources, patterns }] of asked.entries()) {
      const answer = answers[index]
      const where = `case ${index}: ${JSON.stringify(cases[index], undefined, 2).replaceAll('\\n', '\n')}`
      if (!answer || 'error' in answer) throw new Error(`${where}\nAnsible: ${answer?.error}`)
      expect(
        answer.warnings.filter((one) => one.includes('parse')),
        where,
      ).toEqual([])
      const loaded = loadInventory(sources)
      expect(loaded.ok ? [] : loaded.problems, where).toEqual([])
      const inventory = unwrap(loaded)
      expect(plain(inventoryList(inventory)), where).toEqual(answer.list)
      expect(yamlText(inventoryTree(inventory)), where).toBe(answer.yaml)
      for (const pattern of patterns) {
        const ours = selected(inventory, pattern)
        // Ansible warns of a name that nothing has and goes on; here it is an error.
        if (ours !== 'unknown name') expect(ours, `${pattern} in ${where}`).toEqual(answer.hosts[pattern]?.toSorted())
      }
      compared += 1
    }
    expect(compared).toBe(CASES)
  })
})

describe('inventories as people write them', () => {
  const files: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    guide: {
      hosts:
        'mail.example.com\n\n[webservers]\nwww[01:50:7].example.com http_port=80 maxRequestsPerChild=808\n\n[dbservers]\ndb-[a:f].example.com:5433\n[prod:children]\nwebservers\ndbservers\n[prod:vars]\nntp_server=ntp.example.com\nproxy=proxy.example.com\n',
      'group_vars/webservers/http.yml': 'http_port: 8080\n',
      'host_vars/www01.example.com': 'maxRequestsPerChild: 909\n',
    },
    addresses: {
      'hosts.yaml':
        'all:\n  hosts:\n    jump: {ansible_host: 203.0.113.5, ansible_port: 2222, ansible_user: admin}\n  children:\n    k8s-nodes:\n      hosts:\n        10.0.0.[1:3]: {ansible_ssh_common_args: "-o ProxyJump=jump"}\n        "[2001:db8::1]:22": {}\n        fe80::1: {note: "{{ jinja | default(1) }}"}\n      vars: {ansible_become: yes, ansible_become_method: sudo}\n',
    },
    merging: {
      'hosts.yml':
        'x-defaults:\n  vars: &defaults {user: app, mode: 0644}\napp:\n  vars:\n    <<: *defaults\n    mode: "0600"\n  hosts: app1\n  children: leaf\n',
    },
    priority: {
      hosts: '[a]\nh\n[b]\nh\n[a:vars]\nv=a\nansible_group_priority=10\n[b:vars]\nv=b\n',
    },
  }

  it.each(Object.keys(files))(
    '%s: the same list and the same graph with variables, from the program itself',
    (name) => {
      const folder = writeFiles(files[name] ?? {})
      const source = join(folder, Object.keys(files[name] ?? {})[0] ?? '')
      const inventory = unwrap(loadInventory([source]))
      expect(plain(inventoryList(inventory))).toEqual(JSON.parse(ansibleInventory(folder, '-i', source, '--list')))
      expect(sortedJsonText(inventoryList(inventory))).toBe(ansibleInventory(folder, '-i', source, '--list'))
      expect(yamlText(inventoryTree(inventory))).toBe(ansibleInventory(folder, '-i', source, '--list', '--yaml'))
      expect(inventoryGraph(inventory)).toBe(ansibleInventory(folder, '-i', source, '--graph'))
      expect(inventoryGraph(inventory, 'vars')).toBe(ansibleInventory(folder, '-i', source, '--graph', '--vars'))
    },
  )

  it('the same hosts in the same order for all kinds of patterns', () => {
    const folder = writeFiles({
      hosts: 'lone\n[web]\nw[1:5]\n[db]\nd1\nd2\nw5\n[site:children]\nweb\ndb\n[old]\nd1\n',
      'failed.retry': 'w2\nd*\n',
    })
    const source = join(folder, 'hosts')
    const patterns = [
      ...[
        'all',
        '*',
        'web',
        'db:web',
        'web,db',
        'site:!db',
        'site:&db',
        '!web',
        '&db',
        'web[0]',
        'web[-1]',
        'web[1:3]',
      ],
      ...[
        'web[2:]',
        'w*[0:1]',
        '~w[12]',
        '~.*1$',
        'w[!13]',
        'd?',
        'd2:d1',
        'site:&web:!w5',
        'old,lone,w1',
        'db web',
        'ungrouped',
      ],
    ]
    const [answer] = askAnsible([{ sources: [source], patterns }], folder)
    const inventory = unwrap(loadInventory([source]))
    const ours = Object.fromEntries(patterns.map((pattern) => [pattern, unwrap(selectHosts(inventory, pattern))]))
    expect(answer && 'hosts' in answer && answer.hosts).toEqual(ours)
  })
})

/** What the program of Debian's ansible-core prints. */
function ansibleInventory(cwd: string, ...args: readonly string[]): string {
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: cwd,
    ANSIBLE_CONFIG: join(import.meta.dirname, 'ansible.cfg'),
    LC_ALL: 'C.UTF-8',
  }
  const { status, stdout, stderr } = spawnSync('/usr/bin/ansible-inventory', args, { cwd, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}
