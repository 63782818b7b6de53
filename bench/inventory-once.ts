import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { parseAllDocuments } from 'yaml'
import { loadInventory } from '../src/load/inventory.ts'
import { resolveVariables } from '../src/load/variables.ts'
import { unwrap } from '../src/model/problem.ts'

// A process that does one thing once, and prints its processor time in ms: `parse FILE`, `load FILE` or `keys COUNT`.

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

/** One group with that many variables. */
function loadKeys(): number {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-keys-'))
  const path = join(folder, 'hosts.yaml')
  const keys = Array.from({ length: Number(file) }, (_, key) => `    key_${key}: value ${key}\n`)
  writeFileSync(path, `g:\n  hosts: {h: }\n  vars:\n${keys.join('')}`)
  const inventory = unwrap(loadInventory([path]))
  rmSync(folder, { recursive: true })
  return inventory.hosts.size
}

const work = { parse: parseAll, load: loadAll, keys: loadKeys }[what ?? '']
if (!work) throw new Error('parse, load or keys')
const before = process.cpuUsage()
const count = work()
const { user, system } = process.cpuUsage(before)
if (count === 0) throw new Error('nothing was read')
console.log((user + system) / 1000)
