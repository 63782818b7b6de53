import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { ProblemError } from '../model/problem.ts'
import type { RunRecord } from '../model/run-record.ts'
import { flameSvg } from '../report/flame-svg.ts'
import type { Pictures } from '../report/run-report-text.ts'
import { readProfile } from './read-profile.ts'
import { writeWhole } from './write-file.ts'

/** A run with its folder and that of the pictures, which is made; both absolute. */
interface Drawing {
  readonly record: RunRecord
  readonly folder: string
  readonly into: string
}

/** Draws the profiles that a run has kept as flame graphs; those in which nothing was counted have none. Throws ProblemError kind io. */
export async function drawProfiles({ record, folder, into }: Drawing): Promise<Pictures> {
  await makeFolder(into)
  const pictures = new Map<string, string>()
  for (const { module, kept, host, name } of record.changes) {
    if (module !== 'pprof_capture' || !kept) continue
    const profile = await readProfile(path.join(folder, kept.file), folder)
    if (profile.total === 0) continue
    const picture = path.join(into, `${path.basename(kept.file)}.svg`)
    await writeWhole(picture, flameSvg(`${host}: ${name}`, profile))
    pictures.set(kept.file, picture)
  }
  return pictures
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ProblemError({ kind: 'io', message: `cannot make the folder ${folder}: ${why}` })
  }
}
