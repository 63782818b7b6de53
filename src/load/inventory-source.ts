import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import type { Problem } from '../model/problem.ts'
import { readInventoryTree } from './inventory-file.ts'
import { readIniInventory } from './inventory-ini.ts'
import { type RunProgram, readInventoryProgram } from './inventory-program.ts'
import type { InventoryFile } from './inventory-statement.ts'
import { isFolder } from './is-folder.ts'
import { hasNothing, readText } from './source-text.ts'
import { parseYaml } from './yaml-document.ts'

/** What one source gave: its statements, what is wrong, and its bytes for the digest. */
export interface ReadSource extends InventoryFile {
  readonly texts: readonly string[]
}

interface Reader {
  readonly runProgram?: RunProgram
  readonly groups: Set<string> // known so far; a source adds its own
}

/** Reads a file, a program, a folder of them, or a list of hosts, and adds its groups to those known. */
export function readSource(path: string, reader: Reader): ReadSource {
  if (path.includes(',') && !existsSync(path)) return readHostList(path)
  if (isFolder(path)) return readFolder(path, reader)
  const read = readFile(path, reader)
  for (const one of read.statements) if (one.kind === 'group') reader.groups.add(one.group)
  return read
}

const NOTHING: ReadSource = { statements: [], problems: [], notes: [], texts: [] }

const refused = (...problems: readonly Problem[]): ReadSource => ({ ...NOTHING, problems })

function readHostList(path: string): ReadSource {
  const names = path
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const json = JSON.stringify({ ungrouped: { hosts: Object.fromEntries(names.map((name) => [name, null])) } })
  return readYaml('-i', json, '.')
}

/** What Ansible passes over in a folder: INVENTORY_IGNORE_EXTS in its base.yml, and inventory/manager.py. */
const IGNORED =
  /^\.|^(?:host_vars|group_vars|vars_plugins)$|\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|ini|cfg|retry)$|~$/

function readFolder(path: string, reader: Reader): ReadSource {
  const names = readdirSync(path).toSorted()
  const parts = names.filter((name) => !IGNORED.test(name)).map((name) => readSource(join(path, name), reader))
  const ignored = names.find((name) => /\.(?:ini|cfg)$/.test(name))
  const hint = ignored === undefined ? {} : { hint: `in a folder ${ignored} is passed over, as by Ansible: rename it` }
  if (parts.length === 0) {
    return refused({ kind: 'reference', message: `there is no inventory in the folder ${path}`, ...hint })
  }
  const note: Problem = { kind: 'reference', message: `${join(path, ignored ?? '')} is not read`, ...hint }
  return {
    statements: parts.flatMap((source) => source.statements),
    problems: parts.flatMap((source) => source.problems),
    notes: [...parts.flatMap((source) => source.notes), ...(ignored === undefined ? [] : [note])],
    texts: parts.flatMap((source) => source.texts),
  }
}

const DATA: readonly string[] = ['.yml', '.yaml', '.json']

function readFile(path: string, reader: Reader): ReadSource {
  if (extname(path) === '.toml') return refused(toml(path))
  const program = programOf(path)
  if (program === 'program') return runProgram(path, reader)
  if (program === 'not executable') return refused(notExecutable(path))
  const text = readText(path, 'inventory')
  if (!text.ok) return refused(...text.problems)
  if (text.value.startsWith('$ANSIBLE_VAULT')) {
    return refused({
      kind: 'schema',
      message: `${path} is encrypted as a whole with ansible-vault`,
      hint: 'encrypt its secrets alone (!vault), or put them into an encrypted file in group_vars',
    })
  }
  if (hasNothing(text.value)) return { ...NOTHING, texts: [text.value] }
  const folder = resolve(dirname(path))
  if (isYaml(path, text.value)) return readYaml(path, text.value, folder)
  const { groups } = reader
  return { ...readIniInventory({ file: path, text: text.value, folder, groups }), texts: [text.value] }
}

/** By its extension; without one, by its first line that says something. Ansible tries YAML, then INI. */
function isYaml(path: string, text: string): boolean {
  const extension = extname(path)
  if (extension !== '') return DATA.includes(extension)
  const first = text.split('\n').find((line) => !/^\s*(?:[#;].*)?$/.test(line)) ?? ''
  return /^(?:---|%YAML|\{|(?:"[^"]*"|'[^']*'|[^\s#"']+):(?:\s|$))/.test(first)
}

function readYaml(file: string, text: string, folder: string): ReadSource {
  const tree = parseYaml(file, text, 'inventory')
  if (!tree.ok) return refused(...tree.problems)
  return { ...readInventoryTree(tree.value, folder), texts: [text] }
}

/** An executable that a kernel can run; a file of data may have the bit too, on file systems that give it to all. */
function programOf(path: string): 'program' | 'not executable' | 'data' {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat?.isFile()) return 'data'
  const begin = firstBytes(path)
  if (!begin.startsWith('#!') && !begin.startsWith('\x7fELF')) return 'data'
  return (stat.mode & 0o111) === 0 ? 'not executable' : 'program'
}

function firstBytes(path: string): string {
  try {
    const file = openSync(path, 'r')
    const bytes = Buffer.alloc(4)
    const count = readSync(file, bytes)
    closeSync(file)
    return bytes.subarray(0, count).toString('latin1')
  } catch {
    return '' // reading it as text tells why
  }
}

function runProgram(path: string, { runProgram: run }: Reader): ReadSource {
  if (run) return readInventoryProgram({ path, folder: resolve(dirname(path)), run })
  const hint = `write its hosts to a file: ansible-inventory -i ${path} --list --yaml > hosts.yaml`
  return refused({ kind: 'schema', message: `inventory programs are not run here: ${path} is executable`, hint })
}

const notExecutable = (path: string): Problem => ({
  kind: 'schema',
  message: `${path} begins with #! and is not executable`,
  hint: `chmod +x ${path}`,
})

const toml = (path: string): Problem => ({
  kind: 'schema',
  message: `${path} is a TOML inventory, which is not read`,
  hint: `convert it: ansible-inventory -i ${path} --list --yaml --export > hosts.yaml`,
})
