import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { parseAllDocuments } from 'yaml'
import { loadInventory } from '../src/load/inventory.ts'
import { resolveVariables } from '../src/load/variables.ts'
import { unwrap } from '../src/model/problem.ts'

// A process that does one of two things once, and prints its processor time in ms: `parse FILE` or `load FILE`.

const [, , what, file = ''] = process.argv

function parseAll(): number {
  const folder = join(dirname(file), 'group_vars')
  const files = [file, ...readdirSync(folder).map((name) => join(folder, name))]
  const documents = files.flatMap((one) => parseAllDocuments(readFileSync(one, 'utf8'), { version: '1.1' }))
  return documents.length
}

function loadAll(): number {
  const inventory = unwrap(loadInventory([file]))
  const hosts = [...inventory.hosts.keys()]
  const input = { runbook: { name: 'bench', params: [] }, inventory, hosts, varsFiles: [], set: [] }
  return unwrap(resolveVariables(input)).hosts.size
}

const before = process.cpuUsage()
const count = what === 'parse' ? parseAll() : loadAll()
const { user, system } = process.cpuUsage(before)
if (count === 0) throw new Error('nothing was read')
console.log((user + system) / 1000)
