import { mkdir, open, readFile, realpath, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ProblemError } from '../model/problem.ts'
import { type KnownHost, parseKnownHosts } from './known-hosts.ts'

/** The lines of all files, in order; a file that is not there holds none. */
export async function readKnownHosts(files: readonly string[]): Promise<readonly KnownHost[]> {
  const entries = await Promise.all(files.map(async (file) => parseKnownHosts(await readText(file), file)))
  return entries.flat()
}

/** Adds lines at the end, durably; folder and file are made for their owner alone. */
export async function appendKnownHosts(file: string, lines: readonly string[]): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const before = await readText(file)
    const handle = await open(file, 'a', 0o600)
    try {
      const gap = before === '' || before.endsWith('\n') ? '' : '\n'
      await handle.appendFile(`${gap}${lines.map((line) => `${line}\n`).join('')}`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw fileProblem('cannot write', file, error)
  }
}

/** Takes lines out of the file, durably, by a new file that takes its place; a line that is no longer the same stays. */
export async function removeLines(file: string, entries: readonly KnownHost[]): Promise<void> {
  const text = await readText(file)
  const gone = new Set(entries.map((entry) => entry.line))
  const now = parseKnownHosts(text, file).filter(({ line }) => gone.has(line))
  const same = new Set(now.filter((one) => entries.some((entry) => isSame(one, entry))).map(({ line }) => line))
  const kept = text.split('\n').filter((_, index) => !same.has(index + 1))
  const target = await realpath(file)
  const next = `${target}.new`
  try {
    const { mode } = await stat(target)
    const handle = await open(next, 'wx', mode & 0o777)
    try {
      await handle.writeFile(kept.join('\n'))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(next, target)
  } catch (error) {
    throw fileProblem('cannot write', file, error)
  }
}

const isSame = (one: KnownHost, other: KnownHost): boolean =>
  one.line === other.line && one.hosts === other.hosts && one.key.equals(other.key)

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw fileProblem('cannot read', file, error)
  }
}

function fileProblem(doing: string, file: string, error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  return new ProblemError({ kind: 'io', message: `${doing} ${file}`, detail: String(error) })
}
