import { describe, expect, test } from 'vitest'
import { hostName } from '../../src/model/id.ts'
import type { Group, Host, Inventory, Variable } from '../../src/model/inventory.ts'
import { inventoryGraph, inventoryList, narrowed } from '../../src/report/inventory-text.ts'
import { plainStyle } from '../../src/report/style.ts'
import { undoText } from '../../src/report/undo-text.ts'
import { variablesText } from '../../src/report/variable-text.ts'
import { change, changeRecord, sampleRecord } from './samples.ts'

const value = (one: string): Variable => ({
  value: one,
  origin: { level: 'inventory', text: 'host e1 (lab.yaml:3:5)' },
  overrode: [],
})
const host = (
  name: string,
  groups: readonly string[],
  vars: Readonly<Record<string, string>> = {},
): [Host['name'], Host] => [
  hostName(name),
  { name: hostName(name), groups, vars: new Map(Object.entries(vars).map(([key, one]) => [key, value(one)])) },
]
const group = (name: string, hosts: readonly string[], children: readonly string[]): [string, Group] => [
  name,
  { name, hosts: hosts.map(hostName), children, vars: new Map() },
]

const inventory: Inventory = {
  sources: ['lab.yaml'],
  sha256: 'i',
  hosts: new Map([
    host('e1', ['all', 'cluster', 'etcd'], { rack: 'a', ansible_become_password: 'hunter2' }),
    host('m1', ['all', 'ungrouped']),
  ]),
  groups: new Map([
    group('all', [], ['ungrouped', 'cluster']),
    group('ungrouped', ['m1'], []),
    group('cluster', [], ['etcd']),
    group('etcd', ['e1'], []),
  ]),
}

describe('an inventory as ansible-inventory prints it', () => {
  test('as a tree', () => {
    expect(inventoryGraph(inventory)).toBe(
      ['@all:', '  |--@ungrouped:', '  |  |--m1', '  |--@cluster:', '  |  |--@etcd:', '  |  |  |--e1', ''].join('\n'),
    )
  })

  test('as JSON, without passwords', () => {
    expect(inventoryList(inventory)).toEqual({
      _meta: { hostvars: { e1: { rack: 'a', ansible_become_password: '***' } } }, // as ansible-inventory: without those that have no variables
      all: { children: ['ungrouped', 'cluster'] },
      ungrouped: { hosts: ['m1'] },
      cluster: { children: ['etcd'] },
      etcd: { hosts: ['e1'] },
    })
  })

  test('narrowed to some hosts', () => {
    expect(inventoryGraph(narrowed(inventory, [hostName('m1')]))).not.toContain('e1')
  })
})

test('a variable is told with its origin and what it overrode', () => {
  const variable: Variable = {
    ...value('b'),
    overrode: [{ value: 'a', origin: { level: 'default', text: 'default of the runbook' } }],
  }
  expect(variablesText(new Map([['rack', variable]]), plainStyle)).toBe(
    'rack = "b"  string  host e1 (lab.yaml:3:5)\n    overrides "a"  default of the runbook\n',
  )
  expect(variablesText(new Map([['ansible_password', value('hunter2')]]), plainStyle)).not.toContain('hunter2')
})

test('a rollback is shown newest first, with what cannot be undone and what is in doubt', () => {
  const record = {
    ...sampleRecord,
    changes: [
      changeRecord({ name: 'First' }),
      changeRecord({ name: 'Second', change: change({ reversible: false }) }),
      changeRecord({ name: 'Third', state: 'started' }),
      changeRecord({ name: 'Fourth', state: 'undone' }),
    ],
  }
  const lines = undoText(record, plainStyle).split('\n')
  expect(lines[0]).toContain('3 changes to undo')
  expect(lines.slice(1, 4)).toEqual([
    expect.stringMatching(/Third.*\(in doubt\)$/),
    expect.stringMatching(/Second.*\(cannot be undone\)$/),
    expect.stringMatching(/First: set 1 key in \/etc\/default\/etcd$/),
  ])
})
