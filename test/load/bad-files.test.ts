import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readRunbookFile } from '../../src/load/find-runbook.ts'
import { loadInventory } from '../../src/load/inventory.ts'
import { loadRunbook } from '../../src/load/runbook.ts'
import { testModules } from './modules-for-tests.ts'
import { problemText } from './problem-text.ts'

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => !name.endsWith('.txt'))
    .map((name) => join(folder, name))

const golden = (file: string): string => join(process.cwd(), `${file.replace(/\.yaml$/, '')}.txt`)

describe('a broken runbook is refused, and every mistake in it is told with its place', () => {
  it.each(filesIn('test/bad/runbooks'))('%s', async (file) => {
    const read = readRunbookFile(file)
    const loaded = read.ok
      ? loadRunbook({
          ...read.value,
          modules: testModules,
          inventoryNames: new Set(['etcd_data_dir']),
          folders: ['test/bad/included'],
        })
      : read
    expect(loaded.ok, basename(file)).toBe(false)
    if (!loaded.ok) await expect(problemText(loaded.problems)).toMatchFileSnapshot(golden(file))
  })
})

describe('a broken inventory is refused, and every mistake in it is told with its place', () => {
  it.each(filesIn('test/bad/inventories'))('%s', async (file) => {
    const loaded = loadInventory([file])
    expect(loaded.ok, basename(file)).toBe(false)
    if (!loaded.ok) await expect(problemText(loaded.problems)).toMatchFileSnapshot(golden(file))
  })
})
