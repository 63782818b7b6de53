import { open, rename, rm } from 'node:fs/promises'
import { ProblemError } from '../model/problem.ts'

/** Writes a file (0600) whole or not at all: beside it first, then renamed. Throws ProblemError kind io. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const part = `${file}.part`
  try {
    const handle = await open(part, 'w', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    const why = error instanceof Error ? error.message : String(error)
    throw new ProblemError({ kind: 'io', message: `cannot write ${file}: ${why}` })
  }
}
