import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { sha256 } from '../model/digest.ts'
import type { Inventory } from '../model/inventory.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import { buildInventory } from './inventory-build.ts'
import { inventoryNotes } from './inventory-lint.ts'
import type { RunProgram } from './inventory-program.ts'
import { type ReadSource, readSource } from './inventory-source.ts'
import { readVarsFolders } from './inventory-vars-folder.ts'
import { isFolder } from './is-folder.ts'
import { type Unvault, unvaultWith } from './vault.ts'

/** What reading inventories may do besides reading files. */
export interface InventoryOptions {
  readonly runProgram?: RunProgram // without it, a dynamic inventory is refused
  readonly unvault?: Unvault // without it, files that are encrypted as a whole are refused
}

/**
 * Reads inventories and merges them, the later ones winning. A source is a file in Ansible's YAML, JSON or INI format, a
 * program, a folder of such, or, with a comma in it, a list of host names (`-i e1,e2,`). group_vars/ and host_vars/
 * beside a source belong to it. Every problem of all files is reported at once.
 */
export function loadInventory(paths: readonly string[], options: InventoryOptions = {}): Result<Inventory> {
  const read = readSources(paths, options)
  const statements = read.flatMap((source) => source.statements)
  const beside = readVarsFolders(varsFoldersOf(paths), statements, options.unvault ?? unvaultWith([]))
  const built = buildInventory([...statements, ...beside.statements])
  const problems = [...read.flatMap((source) => source.problems), ...beside.problems, ...built.problems]
  if (problems.length > 0) return fail(unique(problems))
  const notes = unique([...read.flatMap((source) => source.notes), ...beside.notes, ...inventoryNotes(statements)])
  const warnings = notes.map((one): Problem => ({ ...one, severity: 'warning' }))
  const texts = [...read.flatMap((source) => source.texts), ...beside.texts]
  const { hosts, groups } = built
  return succeed({
    sources: paths,
    sha256: digestOf(texts),
    hosts,
    groups,
    ...(notes.length > 0 ? { notes: warnings } : {}),
  })
}

const digestOf = (texts: readonly string[]): string => sha256(texts.map((text) => sha256(text)).join('\n'))

/** A range gives its hosts the same mistake. */
const unique = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((one) => [JSON.stringify([one.at, one.message]), one])).values(),
]

/** An INI file may speak of the groups of the sources before it. */
function readSources(paths: readonly string[], options: InventoryOptions): readonly ReadSource[] {
  const groups = new Set<string>()
  return paths.map((path) => readSource(path, { ...options, groups }))
}

/** Where group_vars/ and host_vars/ are looked for: the folder itself, or that of the file; one named twice comes late. */
function varsFoldersOf(paths: readonly string[]): readonly string[] {
  const folders = paths
    .filter((path) => !path.includes(',') || existsSync(path))
    .map((path) => (isFolder(path) ? path : dirname(path)))
  return [...new Set(folders.toReversed())].toReversed()
}
