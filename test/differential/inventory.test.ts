import { expect, it } from 'vitest'
import { loadInventory } from '../../src/load/inventory.ts'
import { unwrap } from '../../src/model/problem.ts'
import { inventoryList } from '../../src/report/inventory-text.ts'
import { writeFiles } from '../load/write-files.ts'
import { askAnsible } from './ask-ansible.ts'

it('an inventory in YAML reads as ansible-inventory --list reads it', () => {
  const folder = writeFiles({ 'hosts.yaml': 'g:\n  hosts:\n    "w[01:03]:22": {x: 1}\n  vars: {y: no}\n' })
  const sources = [`${folder}/hosts.yaml`]
  const [answer] = askAnsible([{ sources, patterns: [] }], folder)
  expect(answer).toMatchObject({ list: inventoryList(unwrap(loadInventory(sources))) })
})
