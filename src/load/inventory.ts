import { readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { sha256 } from '../model/digest.ts'
import type { Inventory } from '../model/inventory.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import { buildInventory } from './inventory-build.ts'
import { type InventoryFile, readInventoryTree } from './inventory-file.ts'
import { readVarsFolders } from './inventory-vars-folder.ts'
import { readText } from './source-text.ts'
import { parseYaml } from './yaml-document.ts'

/** A range gives its hosts the same mistake. */
const unique = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((one) => [JSON.stringify([one.at, one.message]), one])).values(),
]

/** What one source gave: its statements, what is wrong, and its bytes for the digest. */
interface ReadSource extends InventoryFile {
  readonly texts: readonly string[]
  readonly folders: readonly string[]
}

/**
 * Reads inventories and merges them, the later ones winning. A path is a YAML or JSON file in Ansible's format, a folder
 * of such files, or, with a comma in it, a list of host names (`-i e1,e2,`). group_vars/ and host_vars/ beside a file
 * belong to it. Every problem of all files is reported at once.
 */
export function loadInventory(paths: readonly string[]): Result<Inventory> {
  const read = paths.map(readSource)
  const statements = read.flatMap((source) => source.statements)
  const folders = [...new Set(read.flatMap((source) => source.folders))]
  const beside = readVarsFolders(folders, statements)
  const built = buildInventory([...statements, ...beside.statements])
  const problems = [...read.flatMap((source) => source.problems), ...beside.problems, ...built.problems]
  if (problems.length > 0) return fail(unique(problems))
  const digest = sha256(
    [...read.flatMap((source) => source.texts), ...beside.texts].map((text) => sha256(text)).join('\n'),
  )
  return succeed({ sources: paths, sha256: digest, hosts: built.hosts, groups: built.groups })
}

function readSource(path: string): ReadSource {
  if (path.includes(',')) return readHostList(path)
  const kind = kindOf(path)
  if (kind === 'folder') return readFolder(path)
  return kind === 'program' ? refused(notRun(path)) : readFile(path)
}

function kindOf(path: string): 'folder' | 'program' | 'file' {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isDirectory()) return 'folder'
  const data = ['.yml', '.yaml', '.json'].includes(extname(path))
  return stat !== undefined && (stat.mode & 0o111) !== 0 && !data ? 'program' : 'file'
}

const refused = (...problems: readonly Problem[]): ReadSource => ({ statements: [], problems, texts: [], folders: [] })

const notRun = (path: string): Problem => ({
  kind: 'schema',
  message: `inventory programs are not run: ${path} is executable`,
  hint: `write its hosts to a file: ansible-inventory -i ${path} --list --yaml > hosts.yaml`,
})

function readHostList(path: string): ReadSource {
  const names = path
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const json = JSON.stringify({ ungrouped: { hosts: Object.fromEntries(names.map((name) => [name, null])) } })
  return readTree({ file: '-i', text: json, folder: '.' })
}

function readFolder(path: string): ReadSource {
  const names = readdirSync(path).toSorted()
  const files = names.filter((name) => !name.startsWith('.') && /\.(?:ya?ml|json)$/.test(name))
  if (files.length === 0) return refused({ kind: 'reference', message: `there is no inventory in the folder ${path}` })
  const read = files.map((name) => readFile(join(path, name)))
  return {
    statements: read.flatMap((source) => source.statements),
    problems: read.flatMap((source) => source.problems),
    texts: read.flatMap((source) => source.texts),
    folders: [...new Set(read.flatMap((source) => source.folders))],
  }
}

function readFile(path: string): ReadSource {
  const text = readText(path, 'inventory')
  if (!text.ok) return refused(...text.problems)
  const foreign = foreignFormat(path, text.value)
  if (foreign) return refused(foreign)
  return readTree({ file: path, text: text.value, folder: realpathSync(dirname(path)) })
}

function readTree({
  file,
  text,
  folder,
}: {
  readonly file: string
  readonly text: string
  readonly folder: string
}): ReadSource {
  const tree = parseYaml(file, text, 'inventory')
  if (!tree.ok) return refused(...tree.problems)
  const folders = file === '-i' ? [] : [dirname(file)]
  return { ...readInventoryTree(tree.value, folder), texts: [text], folders }
}

/** INI and programs, told from what their first lines look like. */
function foreignFormat(path: string, text: string): Problem | undefined {
  if (text.startsWith('#!')) return notRun(path)
  if (text.startsWith('$ANSIBLE_VAULT')) {
    return { kind: 'schema', message: `${path} is encrypted with ansible-vault, which is not read` }
  }
  const ini = /\.(?:ini|cfg)$/.test(path) || /^\s*\[[\w.-]+(?::(?:vars|children))?\]\s*(?:[#;].*)?$/m.test(text)
  if (!ini || /\.(?:ya?ml|json)$/.test(path)) return undefined
  const hint = `convert it: ansible-inventory -i ${path} --list --yaml > hosts.yaml`
  return { kind: 'schema', message: `${path} is an INI inventory, which is not read yet`, hint }
}
