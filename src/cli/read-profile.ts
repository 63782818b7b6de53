import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ProblemError } from '../model/problem.ts'
import type { Profile } from '../model/profile.ts'
import { parsePprof } from '../modules/profiling/pprof.ts'

/** The profile in a file, which may be below `cwd`. Throws ProblemError where it cannot be read, or is none. */
export async function readProfile(file: string, cwd: string): Promise<Profile> {
  const parsed = parsePprof(await bytesOf(file, cwd))
  if (parsed.ok) return parsed.value
  throw new ProblemError({ ...parsed.problems[0], message: `${file}: ${parsed.problems[0].message}` })
}

async function bytesOf(file: string, cwd: string): Promise<Uint8Array> {
  try {
    return await readFile(path.resolve(cwd, file))
  } catch (error) {
    throw new ProblemError({
      kind: 'io',
      message: `${file} cannot be read`,
      detail: error instanceof Error ? error.message : String(error),
    })
  }
}
