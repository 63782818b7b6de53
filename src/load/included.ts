import { dirname } from 'node:path'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { IncludedText } from '../model/runbook.ts'
import { findRunbook, type RunbookFile, readRunbookFile, runbookNameOf } from './find-runbook.ts'

/** Where the runbooks are that another one includes. */
export interface IncludeSources {
  /** Looked through after the folder of the runbook itself. */
  readonly folders?: readonly string[]
  /** Given, these are all there are: what a run was made of, kept in its journal. */
  readonly texts?: readonly IncludedText[]
  /** The names of the runbooks that led here, outermost first. */
  readonly chain?: readonly string[]
}

const DEEPEST = 5 // runbooks in a chain; deeper than that nobody sees what happens

/** The text of a runbook to include in `file`, and the sources for what it includes itself. */
export function openIncluded(
  file: string,
  { folders = [], texts, chain = [] }: IncludeSources,
  name: string,
): Result<RunbookFile & { readonly sources: IncludeSources }> {
  const path = [...chain, runbookNameOf(file)]
  const refused = path.includes(name) ? inCircle([...path, name]) : path.length >= DEEPEST ? tooDeep(path) : undefined
  if (refused) return fail([refused])
  const all = chain.length === 0 ? [dirname(file), ...folders] : folders
  const found = texts ? textOf(texts, name) : readIn(all, name)
  return found.ok
    ? succeed({ ...found.value, sources: { folders: all, chain: path, ...(texts ? { texts } : {}) } })
    : found
}

function readIn(folders: readonly string[], name: string): Result<RunbookFile> {
  const file = findRunbook(name, folders)
  return file.ok ? readRunbookFile(file.value) : file
}

function textOf(texts: readonly IncludedText[], name: string): Result<RunbookFile> {
  const kept = texts.find((text) => text.name === name)
  return kept ? succeed(kept) : fail([{ kind: 'reference', message: `the run has not kept the runbook ${name}` }])
}

const inCircle = (path: readonly string[]): Problem => ({
  kind: 'reference',
  message: `runbooks include one another in a circle: ${path.join(' -> ')}`,
})

const tooDeep = (path: readonly string[]): Problem => ({
  kind: 'reference',
  message: `runbooks are included more than ${DEEPEST} deep: ${path.join(' -> ')}`,
  hint: 'include what is needed directly',
})
