import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Problem } from '../model/problem.ts'
import type { InventoryStatement, Owner, VarStatement } from './inventory-statement.ts'
import { readText } from './source-text.ts'
import { parseYaml } from './yaml-document.ts'
import { membersOf, spanOf, toJson } from './yaml-node.ts'

interface VarsFolders {
  readonly statements: readonly VarStatement[]
  readonly problems: readonly Problem[]
  readonly texts: readonly string[]
}

/**
 * group_vars/ and host_vars/ in the folders of the inventories, for the groups and hosts that exist: a file NAME,
 * NAME.yml, NAME.yaml or NAME.json, or a folder NAME with such files, read in the order of their names.
 */
export function readVarsFolders(folders: readonly string[], statements: readonly InventoryStatement[]): VarsFolders {
  const groups = new Set([
    'all',
    'ungrouped',
    ...statements.flatMap((one) => (one.kind === 'group' ? [one.group] : [])),
  ])
  const hosts = new Set(statements.flatMap((one) => (one.kind === 'host' ? [one.host] : [])))
  const read = folders.flatMap((folder) => [
    ...filesOf(join(folder, 'group_vars'), groups).map((file) =>
      readVars(file, { kind: 'group', name: file.name }, folder),
    ),
    ...filesOf(join(folder, 'host_vars'), hosts).map((file) =>
      readVars(file, { kind: 'host', name: file.name }, folder),
    ),
  ])
  return {
    statements: read.flatMap((one) => one.statements),
    problems: read.flatMap((one) => one.problems),
    texts: read.flatMap((one) => one.texts),
  }
}

interface VarsFile {
  readonly name: string
  readonly path: string
}

function filesOf(folder: string, names: ReadonlySet<string>): readonly VarsFile[] {
  return entriesOf(folder).flatMap((entry): readonly VarsFile[] => {
    const path = join(folder, entry)
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      if (!names.has(entry)) return []
      const within = entriesOf(path).filter((inner) => !inner.includes('.') || /\.(?:ya?ml|json)$/.test(inner))
      return within.map((inner) => ({ name: entry, path: join(path, inner) }))
    }
    const name = names.has(entry) ? entry : entry.replace(/\.(?:ya?ml|json)$/, '')
    return names.has(name) ? [{ name, path }] : []
  })
}

function entriesOf(folder: string): readonly string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(folder)
    .filter((entry) => !entry.startsWith('.') && !entry.endsWith('~'))
    .toSorted()
}

function readVars({ path }: VarsFile, owner: Owner, folder: string): VarsFolders {
  const text = readText(path, 'file')
  if (!text.ok) return { statements: [], problems: text.problems, texts: [] }
  if (text.value.startsWith('$ANSIBLE_VAULT')) return refused(vaulted(path))
  if (/^(?:\s*(?:#.*|---|\.\.\.)?\s*)*$/.test(text.value)) return { statements: [], problems: [], texts: [text.value] }
  const tree = parseYaml(path, text.value, 'inventory')
  if (!tree.ok) return { statements: [], problems: tree.problems, texts: [] }
  if (tree.value.kind !== 'map') {
    return refused({ kind: 'schema', message: `${path} must be a mapping of variables`, at: spanOf(tree.value) })
  }
  const inventoryFolder = realpathSync(folder)
  const statements = membersOf(tree.value).map((member): VarStatement => {
    const { key: name, value } = member
    const at = spanOf(member)
    return { kind: 'var', owner, home: 'vars-folder', name, value: toJson(value), at, folder: inventoryFolder }
  })
  return { statements, problems: [], texts: [text.value] }
}

const refused = (problem: Problem): VarsFolders => ({ statements: [], problems: [problem], texts: [] })

const vaulted = (path: string): Problem => ({
  kind: 'schema',
  message: `${path} is encrypted with ansible-vault, which is not read`,
  hint: 'decrypt it to a file outside the repository and give that with --vars-file',
})
