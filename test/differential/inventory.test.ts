import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadInventory } from '../../src/load/inventory.ts'
import { selectHosts } from '../../src/load/select-hosts.ts'
import type { Inventory } from '../../src/model/inventory.ts'
import { unwrap } from '../../src/model/problem.ts'
import { inventoryList } from '../../src/report/inventory-text.ts'
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
  it(`${CASES} of them, in YAML, INI and folders, read as ansible-inventory --list reads them`, () => {
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
