import { mkdir, open, readFile } from 'node:fs/promises'
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
