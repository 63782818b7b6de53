import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import { suggest } from './nearest.ts'
import { entriesOf } from './runbook-head.ts'
import { readText } from './source-text.ts'
import { parseYaml } from './yaml-document.ts'
import { childOf, itemsOf, textOf, type YamlNode } from './yaml-node.ts'

/** A runbook's text, before it is compiled. */
export interface RunbookFile {
  readonly file: string
  readonly text: string
}

export function readRunbookFile(file: string): Result<RunbookFile> {
  const text = readText(file, 'runbook')
  return text.ok ? succeed({ file, text: text.value }) : text
}

const isYaml = (name: string): boolean => /\.ya?ml$/.test(name)

/** A file when the argument is a path, else the runbook of that name in the first folder that has it. */
export function findRunbook(nameOrPath: string, folders: readonly string[]): Result<string> {
  if (nameOrPath.includes('/') || isYaml(nameOrPath))
    return isFile(nameOrPath) ? succeed(nameOrPath) : fail([noFile(nameOrPath, folders)])
  const found = runbookFiles(folders).find((file) => runbookNameOf(file) === nameOrPath)
  return found === undefined ? fail([noRunbook(nameOrPath, folders)]) : succeed(found)
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

/** The runbook files of the folders; of two with one name, the earlier folder's. */
export function runbookFiles(folders: readonly string[]): readonly string[] {
  const byName = new Map<string, string>()
  for (const folder of folders) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) continue
    for (const entry of readdirSync(folder).filter(isYaml).toSorted()) {
      const file = join(folder, entry)
      if (isFile(file) && !byName.has(runbookNameOf(file))) byName.set(runbookNameOf(file), file)
    }
  }
  return [...byName.values()]
}

/** The name that a file gives its runbook. */
export const runbookNameOf = (file: string): string => basename(file).replace(/(?:\.runbook)?\.ya?ml$/, '')

const noFile = (path: string, folders: readonly string[]): Problem => {
  const hint = suggest(runbookNameOf(path), runbookFiles(folders).map(runbookNameOf))
  return { kind: 'reference', message: `there is no runbook file ${path}`, ...(hint ? { hint } : {}) }
}

function noRunbook(name: string, folders: readonly string[]): Problem {
  const names = runbookFiles(folders).map(runbookNameOf)
  const hint = suggest(name, names) ?? `there are no runbooks in ${folders.join(', ') || 'any folder'}`
  return { kind: 'reference', message: `there is no runbook ${name}`, hint }
}

/** What a list of runbooks shows of one. */
export interface RunbookSummary {
  readonly name: string
  readonly summary: string
  readonly symptoms: readonly string[]
  readonly file: string
  readonly problem?: Problem // the file cannot be read as YAML; `validate` says more
}

/** All runbooks of the folders, by name, without compiling them. */
export const listRunbooks = (folders: readonly string[]): readonly RunbookSummary[] =>
  runbookFiles(folders)
    .map(summaryOf)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))

/** The same, from the beginnings of the files alone: a file that is broken elsewhere is not told. */
export const listSymptoms = (folders: readonly string[]): readonly RunbookSummary[] =>
  runbookFiles(folders)
    .map((file) => headOf(file) ?? summaryOf(file))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))

function headOf(file: string): RunbookSummary | undefined {
  const text = readText(file, 'runbook')
  const head = text.ok ? entriesOf(text.value, ['name', 'summary', 'symptoms']) : ''
  const parsed = head === '' ? undefined : parseYaml(file, head, 'runbook')
  return parsed?.ok ? summaryIn(file, parsed.value) : undefined
}

function summaryOf(file: string): RunbookSummary {
  const text = readText(file, 'runbook')
  const parsed = text.ok ? parseYaml(file, text.value, 'runbook') : text
  if (!parsed.ok) return { name: runbookNameOf(file), summary: '', symptoms: [], file, problem: parsed.problems[0] }
  return summaryIn(file, parsed.value)
}

function summaryIn(file: string, root: YamlNode): RunbookSummary {
  return {
    name: textOf(childOf(root, 'name')) ?? runbookNameOf(file),
    summary: textOf(childOf(root, 'summary')) ?? '',
    symptoms: itemsOf(childOf(root, 'symptoms')).flatMap((node) => textOf(node) ?? []),
    file,
  }
}
