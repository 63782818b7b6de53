import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadInventory } from '../../src/load/inventory.ts'
import { hostName } from '../../src/model/id.ts'
import type { Inventory } from '../../src/model/inventory.ts'
import { unwrap } from '../../src/model/problem.ts'
import { problemText } from './problem-text.ts'
import { writeFiles } from './write-files.ts'

const load = (files: Readonly<Record<string, string>>, ...names: readonly string[]): Inventory => {
  const folder = writeFiles(files)
  return unwrap(loadInventory((names.length > 0 ? names : Object.keys(files)).map((name) => join(folder, name))))
}

const valueIn = (inventory: Inventory, host: string, name: string) =>
  inventory.hosts.get(hostName(host))?.vars.get(name)?.value

const problems = (...paths: readonly string[]): string => {
  const loaded = loadInventory(paths)
  return loaded.ok ? '' : problemText(loaded.problems)
}

/** From Ansible's guide "How to build your inventory". */
const GUIDE = `
ungrouped:
  hosts:
    mail.example.com:
webservers:
  hosts:
    foo.example.com:
    bar.example.com:
dbservers:
  hosts:
    one.example.com:
    two.example.com:
east:
  hosts:
    foo.example.com:
    one.example.com:
prod:
  children:
    east:
`

describe('an inventory in Ansible’s format', () => {
  it('has its hosts in the order of their first appearance, and all of each host’s groups', () => {
    const { hosts } = load({ 'hosts.yaml': GUIDE })
    expect([...hosts.keys()]).toEqual([
      ...['mail.example.com', 'foo.example.com', 'bar.example.com', 'one.example.com', 'two.example.com'],
    ])
    expect(hosts.get(hostName('foo.example.com'))?.groups).toEqual(['all', 'prod', 'webservers', 'east'])
    expect(hosts.get(hostName('mail.example.com'))?.groups).toEqual(['all', 'ungrouped'])
  })

  it('puts groups without a parent below all', () => {
    const { groups } = load({ 'hosts.yaml': GUIDE })
    expect(groups.get('all')?.children).toEqual(['ungrouped', 'webservers', 'dbservers', 'prod'])
    expect(groups.get('prod')).toMatchObject({ hosts: [], children: ['east'] })
  })

  it('merges all < parent < child < host, and remembers what was overridden and where', () => {
    const folder = writeFiles({
      'hosts.yaml':
        'all:\n  vars: {v: all}\n  children:\n    p:\n      vars: {v: p}\n      children:\n        c:\n          vars: {v: c}\n          hosts:\n            h: {v: host}\n',
    })
    const file = join(folder, 'hosts.yaml')
    const host = unwrap(loadInventory([file])).hosts.get(hostName('h'))
    expect(host?.vars.get('v')).toEqual({
      value: 'host',
      origin: { level: 'inventory', text: `host h (${file}:10:17)` },
      overrode: [
        { value: 'c', origin: { level: 'inventory', text: `group c (${file}:8:18)` } },
        { value: 'p', origin: { level: 'inventory', text: `group p (${file}:5:14)` } },
        { value: 'all', origin: { level: 'inventory', text: `group all (${file}:2:10)` } },
      ],
    })
  })

  it('merges groups of the same depth by name, or by their priority', () => {
    const groups = 'a:\n  hosts: {h: }\n  vars: {v: a}\nb:\n  hosts: {h: }\n  vars: {v: b}\n'
    expect(valueIn(load({ 'x.yaml': groups }), 'h', 'v')).toBe('b')
    const first = groups.replace('{v: a}', '{v: a, ansible_group_priority: 10}')
    expect(valueIn(load({ 'x.yaml': first }), 'h', 'v')).toBe('a')
    expect(valueIn(load({ 'x.yaml': first }), 'h', 'ansible_group_priority')).toBeUndefined()
  })

  it('lets the later of several files win, and adds up their groups', () => {
    const inventory = load({
      'a.yaml': 'g:\n  hosts: {h1: }\n  vars: {v: 1}\n',
      'b.yaml': 'g:\n  hosts: {h2: }\n  vars: {v: 2}\n',
    })
    expect([valueIn(inventory, 'h1', 'v'), valueIn(inventory, 'h2', 'v')]).toEqual([2, 2])
    expect(inventory.groups.get('g')?.hosts).toEqual(['h1', 'h2'])
  })

  it('reads YAML 1.1 values, a host as text, a port behind the name, and ranges', () => {
    const inventory = load({
      'x.yaml': 'g:\n  hosts: single\nw:\n  hosts:\n    "w[1:2]:2222": {tls: yes, mode: 0644}\n',
    })
    expect([...inventory.hosts.keys()]).toEqual(['single', 'w1', 'w2'])
    expect([
      valueIn(inventory, 'w2', 'tls'),
      valueIn(inventory, 'w2', 'mode'),
      valueIn(inventory, 'w2', 'ansible_port'),
    ]).toEqual([...[true, 420, 2222]])
  })

  it('carries Jinja as text, and knows the folder of each host for inventory_dir', () => {
    const folder = writeFiles({
      'x.yaml': 'g:\n  hosts: {h: }\n  vars: {k: ["{{ inventory_dir }}"], j: "{{ lookup(1) }}"}\n',
    })
    const inventory = unwrap(loadInventory([join(folder, 'x.yaml')]))
    expect([valueIn(inventory, 'h', 'k'), valueIn(inventory, 'h', 'j')]).toEqual([
      ['{{ inventory_dir }}'],
      '{{ lookup(1) }}',
    ])
    expect(inventory.hosts.get(hostName('h'))?.folder).toBe(folder)
  })

  it('reads group_vars and host_vars beside it, in Ansible’s order of precedence', () => {
    const inventory = load(
      {
        'hosts.yaml':
          'all:\n  vars: {a: file, b: file, d: file}\ng:\n  vars: {a: g, b: g, c: g}\n  hosts:\n    h: {c: host, e: host}\n',
        'group_vars/all.yml': 'b: gv-all\nd: gv-all\n',
        'group_vars/g/one.yaml': '---\nc: gv-g\n',
        'group_vars/g/two.yaml': '# nothing\n',
        'group_vars/unknown.yaml': 'b: unknown\n',
        'host_vars/h': 'e: hv\n',
      },
      'hosts.yaml',
    )
    const values = ['a', 'b', 'c', 'd', 'e'].map((name) => valueIn(inventory, 'h', name))
    expect(values).toEqual(['g', 'gv-all', 'host', 'gv-all', 'hv'])
  })

  it('takes a folder of files, and names with commas', () => {
    const folder = writeFiles({
      'inv/1.yaml': 'g:\n  hosts: {a: }\n',
      'inv/2.yml': 'g:\n  hosts: {b: }\n',
      'inv/README.md': '# no',
    })
    expect([...unwrap(loadInventory([join(folder, 'inv')])).hosts.keys()]).toEqual(['a', 'b'])
    expect([...unwrap(loadInventory(['e1,e2,'])).hosts.keys()]).toEqual(['e1', 'e2'])
  })

  it('lets group_vars of a later source win over those of an earlier one, however deep their groups', () => {
    const inventory = load(
      {
        '1/hosts.yaml': 'p:\n  children:\n    c:\n      hosts: {h: }\n',
        '1/group_vars/c.yaml': 'v: deep, first\n',
        '2/hosts.ini': '[q]\nx\n',
        '2/group_vars/p.yaml': 'v: shallow, second\n',
      },
      '1/hosts.yaml',
      '2/hosts.ini',
    )
    expect(valueIn(inventory, 'h', 'v')).toBe('shallow, second')
  })

  it('reads a file that only comments as one without hosts', () => {
    expect(load({ 'x.yaml': '---\n# later\n' }).hosts.size).toBe(0)
  })

  it('changes its digest with any byte of any file', () => {
    const digest = (vars: string) =>
      load({ 'x.yaml': 'g: {hosts: {h: }}\n', 'group_vars/g.yaml': vars }, 'x.yaml').sha256
    expect(digest('a: 1\n')).toBe(digest('a: 1\n'))
    expect(digest('a: 1\n')).not.toBe(digest('a: 1 \n'))
  })
})

describe('what looks like a slip is noted, and stops nothing', () => {
  const notes = (files: Readonly<Record<string, string>>, ...names: readonly string[]): string => {
    const folder = writeFiles(files)
    const inventory = unwrap(loadInventory(names.map((name) => join(folder, name))))
    return (inventory.notes ?? []).map(({ message }) => message.replaceAll(`${folder}/`, '')).join('\n')
  }

  it.each([
    [
      'a port where a host is not named first',
      '[a]\nh\n[b]\nh:22\n',
      'the port 22 of h does not count: the host is named before',
    ],
    ['a host and a group of one name', '[a]\nh\n[h]\nx\n', 'h is a host and a group'],
    ['a host in no group', 'x\n[all]\ny\n[a]\nh\n', 'y is in no group'],
    ['a comment in the middle of a word', '[a]\nh pass=a#b\n', 'a comment begins in the middle of this word'],
    ['a comment behind the value of a group', '[a]\nh\n[a:vars]\nv = x # y\n', 'the value of v holds its comment'],
    ['a name that no template can hold', '[a]\nh my-var=1\n', '"my-var" is no name of a variable: nothing can use it'],
    ['nothing', 'x\n[a]\nh v=1\n', ''],
  ])('%s', (_, text, said) => {
    expect(notes({ 'hosts.ini': text }, 'hosts.ini')).toBe(said)
  })

  it('files of variables that nothing reads', () => {
    const files = {
      'hosts.yaml': 'g: {hosts: {h: }}\n',
      'group_vars/g.yml': 'ansible_group_priority: 5\n',
      'group_vars/g.yaml': 'v: 2\n',
      'host_vars/hh.yml': 'v: 3\n',
    }
    expect(notes(files, 'hosts.yaml')).toBe(
      [
        'a priority does not count in group_vars',
        'group_vars/g.yaml is not read: group_vars/g.yml is there too, and only that one counts',
        'host_vars/hh.yml is not read: no host of the inventory has this name',
      ].join('\n'),
    )
  })

  it('an INI file in a folder, by its name', () => {
    expect(notes({ 'inv/a.yaml': 'g: {hosts: {h: }}\n', 'inv/b.ini': '[g]\n' }, 'inv')).toBe('inv/b.ini is not read')
  })
})

describe('an inventory is refused with a way out', () => {
  it('in one line, whatever its keys', () => {
    const folder = writeFiles({ 'h.yaml': 'all: {"a\\nb": }\n' })
    expect(problems(join(folder, 'h.yaml'))).toContain('unknown key "a\\nb" in group all')
  })

  it('when it is a program and none may be run, or one that cannot be run', () => {
    const folder = writeFiles({ hosts: '#!/bin/sh\n', 'other.sh': '#!/bin/sh\n' })
    chmodSync(join(folder, 'hosts'), 0o755)
    expect(problems(join(folder, 'hosts'))).toContain('inventory programs are not run here')
    expect(problems(join(folder, 'other.sh'))).toContain(`is not executable\n    chmod +x ${folder}/other.sh`)
  })

  it('when it is not there, or a folder without inventories, or encrypted', () => {
    const folder = writeFiles({
      'empty/x.txt': '',
      'h.yaml': 'g: {hosts: {h: }}',
      'group_vars/g.yaml': '$ANSIBLE_VAULT;1.1\n61\n',
    })
    expect(problems(join(folder, 'nope.yaml'))).toBe(`reference: there is no inventory ${folder}/nope.yaml\n`)
    expect(problems(join(folder, 'empty'))).toContain('there is no inventory in the folder')
    expect(problems(join(folder, 'h.yaml'))).toContain('this is no text of ansible-vault')
  })

  it('with the problems of all files at once', () => {
    const folder = writeFiles({ 'a.yaml': 'g: [h]\n', 'b.yaml': 'g:\n  host: x\n', 'host_vars/h.yaml': '- 1\n' })
    expect(
      problems(join(folder, 'a.yaml'), join(folder, 'b.yaml'))
        .split('\n')
        .filter((line) => line.includes('schema')),
    ).toHaveLength(2)
  })
})
