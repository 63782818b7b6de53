import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ProblemError } from '../model/problem.ts'
import type { Profile } from '../model/profile.ts'
import { workShares } from '../modules/profiling/known-work.ts'
import { parsePprof } from '../modules/profiling/pprof.ts'
import { flameSvg } from '../report/flame-svg.ts'
import { functionShares, profileText } from '../report/profile-text.ts'
import type { CommandOf } from './command.ts'
import { styleFor } from './look.ts'
import type { World } from './world.ts'
import { writeWhole } from './write-file.ts'

/** `runbook profile`: what a Go program did most, as a table, and with --svg as a flame graph. */
export async function profileCommand(command: CommandOf<'profile'>, world: World): Promise<0> {
  const { file, before: beforeFile, svg, output } = command
  const profile = await readProfile(file, world)
  const before = beforeFile === undefined ? {} : { before: await readProfile(beforeFile, world) }
  if (svg !== undefined)
    await writeWhole(path.resolve(world.cwd, svg), flameSvg(path.basename(file), profile, before.before))
  const works = workShares(profile)
  world.stdout.write(
    output.format === 'json'
      ? `${JSON.stringify({ ...summary(profile), works, functions: functionShares(profile) }, undefined, 2)}\n`
      : profileText({ profile, works, ...before }, styleFor(world.stdout, { world, output })),
  )
  return 0
}

const summary = ({ type, unit, total, durationMs }: Profile) => ({ type, unit, total, duration_ms: durationMs ?? null })

async function readProfile(file: string, world: World): Promise<Profile> {
  const parsed = parsePprof(await bytesOf(file, world))
  if (!parsed.ok) throw new ProblemError({ ...parsed.problems[0], message: `${file}: ${parsed.problems[0].message}` })
  if (parsed.value.total > 0) return parsed.value
  throw new ProblemError({
    kind: 'io',
    message: `${file}: nothing was counted in this profile`,
    hint: 'an idle program has an empty profile: take it while it is busy',
  })
}

async function bytesOf(file: string, { cwd }: World): Promise<Uint8Array> {
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
