import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { Problem } from '../model/problem.ts'
import type { InventoryStatement, Owner, VarStatement } from './inventory-statement.ts'
import { isFolder } from './is-folder.ts'
import { hasNothing, readText } from './source-text.ts'
import { isVaultText, type Unvault, vaulted } from './vault.ts'
import { vaultFileMembers } from './vault-file.ts'
import { parseYaml } from './yaml-document.ts'
import { membersOf, spanOf, toJson } from './yaml-node.ts'

interface VarsFolders {
  readonly statements: readonly VarStatement[]
  readonly problems: readonly Problem[]
  readonly notes: readonly Problem[]
  readonly texts: readonly string[]
}

/** In the order in which they are looked for: the first that is there counts (DataLoader.find_vars_files). */
const EXTENSIONS: readonly string[] = ['', '.yml', '.yaml', '.json']

/**
 * group_vars/ and host_vars/ in the folders of the sources, for the groups and hosts that exist: a file NAME, NAME.yml,
 * NAME.yaml or NAME.json, the first of these, or a folder NAME with such files and folders, in the order of their names.
 */
export function readVarsFolders(
  folders: readonly string[],
  statements: readonly InventoryStatement[],
  unvault: Unvault,
): VarsFolders {
  const groups = new Set([
    'all',
    'ungrouped',
    ...statements.flatMap((one) => (one.kind === 'group' ? [one.group] : [])),
  ])
  const hosts = new Set(statements.flatMap((one) => (one.kind === 'host' ? [one.host] : [])))
  return joined(
    folders.flatMap((folder, rank) => [
      readFolder(join(folder, 'group_vars'), { kind: 'group', names: groups, rank, unvault }),
      readFolder(join(folder, 'host_vars'), { kind: 'host', names: hosts, rank, unvault }),
    ]),
  )
}

const joined = (parts: readonly VarsFolders[]): VarsFolders => ({
  statements: parts.flatMap((one) => one.statements),
  problems: parts.flatMap((one) => one.problems),
  notes: parts.flatMap((one) => one.notes),
  texts: parts.flatMap((one) => one.texts),
})

interface Owners {
  readonly kind: Owner['kind']
  readonly names: ReadonlySet<string>
  readonly rank: number
  readonly unvault: Unvault
}

function readFolder(folder: string, { kind, names, rank, unvault }: Owners): VarsFolders {
  const found = new Map<string, string>() // the entry of each owner
  const notes: Problem[] = []
  const entries = entriesOf(folder)
  for (const extension of EXTENSIONS) {
    for (const entry of entries.filter((one) => one.endsWith(extension))) {
      const name = entry.slice(0, entry.length - extension.length)
      const first = found.get(name)
      if (!names.has(name) || first === entry) continue
      if (first === undefined) found.set(name, entry)
      else notes.push(note(join(folder, entry), `${join(folder, first)} is there too, and only that one counts`))
    }
  }
  const used = new Set(found.values())
  for (const entry of entries.filter((one) => !used.has(one) && isForNobody(one, names))) {
    notes.push(note(join(folder, entry), `no ${kind} of the inventory has this name`))
  }
  const read = [...found].flatMap(([name, entry]) =>
    filesOf(join(folder, entry)).map((file) => readVars(file, { owner: { kind, name }, rank, unvault })),
  )
  return joined([...read, { statements: [], problems: [], notes, texts: [] }])
}

const note = (path: string, why: string): Problem => ({ kind: 'reference', message: `${path} is not read: ${why}` })

const isForNobody = (entry: string, names: ReadonlySet<string>): boolean =>
  EXTENSIONS.every(
    (extension) => !entry.endsWith(extension) || !names.has(entry.slice(0, entry.length - extension.length)),
  )

/** The file itself, or the files in a folder and its folders. */
function filesOf(path: string): readonly string[] {
  if (!isFolder(path)) return [path]
  return entriesOf(path).flatMap((entry) => {
    const inner = join(path, entry)
    const extension = extname(entry)
    if (extension === '') return filesOf(inner)
    return EXTENSIONS.includes(extension) && !isFolder(inner) ? [inner] : []
  })
}

function entriesOf(folder: string): readonly string[] {
  if (!isFolder(folder)) return []
  return readdirSync(folder)
    .filter((entry) => !entry.startsWith('.') && !entry.endsWith('~'))
    .toSorted()
}

interface Owned {
  readonly owner: Owner
  readonly rank: number
  readonly unvault: Unvault
}

function readVars(path: string, owned: Owned): VarsFolders {
  const { owner, rank } = owned
  const text = readText(path, 'file')
  if (!text.ok) return refused(...text.problems)
  if (isVaultText(text.value)) return readVaultFile(path, text.value, owned)
  const texts = [text.value]
  if (hasNothing(text.value)) return { statements: [], problems: [], notes: [], texts }
  const tree = parseYaml(path, text.value, 'inventory')
  if (!tree.ok) return refused(...tree.problems)
  if (tree.value.kind !== 'map') {
    return refused({ kind: 'schema', message: `${path} must be a mapping of variables`, at: spanOf(tree.value) })
  }
  const statements = membersOf(tree.value).map((member): VarStatement => {
    const { key: name, value } = member
    return { kind: 'var', owner, home: 'vars-folder', name, value: toJson(value), at: spanOf(member), rank }
  })
  return { statements, problems: [], notes: lostPriority(owner, statements), texts }
}

const lostPriority = ({ kind }: Owner, statements: readonly VarStatement[]): readonly Problem[] =>
  statements
    .filter(({ name }) => kind === 'group' && name === 'ansible_group_priority')
    .map(({ at }) => ({
      kind: 'schema',
      message: 'a priority does not count in group_vars',
      at,
      hint: 'write it into the inventory, under vars: of the group',
    }))

const refused = (...problems: readonly Problem[]): VarsFolders => ({ statements: [], problems, notes: [], texts: [] })

/** Its variables stay encrypted, each as a part of the file: their names alone are known. */
function readVaultFile(path: string, text: string, { owner, rank, unvault }: Owned): VarsFolders {
  const members = vaultFileMembers(text, unvault)
  if (!members.ok) return refused(...members.problems.map((one) => ({ ...one, message: `${path}: ${one.message}` })))
  const at = { file: path, line: 1, column: 1, length: 1 }
  const statements = members.value.map(({ key: name }): VarStatement => {
    return { kind: 'var', owner, home: 'vars-folder', name, value: vaulted(text, name), at, rank }
  })
  return { statements, problems: [], notes: [], texts: [text] }
}
