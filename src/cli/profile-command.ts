import path from 'node:path'
import { ProblemError } from '../model/problem.ts'
import type { Profile } from '../model/profile.ts'
import { workShares } from '../modules/profiling/known-work.ts'
import { flameSvg } from '../report/flame-svg.ts'
import { functionDifferences, functionShares } from '../report/function-shares.ts'
import { profileMarkdown } from '../report/profile-markdown.ts'
import { type ProfileShown, profileText } from '../report/profile-text.ts'
import type { CommandOf } from './command.ts'
import { styleFor } from './look.ts'
import { readProfile } from './read-profile.ts'
import type { World } from './world.ts'
import { writeWhole } from './write-file.ts'

/** `runbook profile`: what a Go program did most, as a table, and with --svg as a flame graph. */
export async function profileCommand(command: CommandOf<'profile'>, world: World): Promise<0> {
  const { file, before: beforeFile, svg } = command
  const profile = await readWork(file, world)
  const before = beforeFile === undefined ? undefined : await readWork(beforeFile, world)
  if (before) refuseOtherCounts({ profile, before, file, beforeFile: beforeFile ?? '' })
  if (svg !== undefined) await writeWhole(path.resolve(world.cwd, svg), flameSvg(path.basename(file), profile, before))
  world.stdout.write(render({ profile, works: workShares(profile), ...(before ? { before } : {}) }, command, world))
  return 0
}

function render(shown: ProfileShown, { format, output }: CommandOf<'profile'>, world: World): string {
  switch (format) {
    case 'text':
      return profileText(shown, styleFor(world.stdout, { world, output }))
    case 'markdown':
      return profileMarkdown(shown)
    case 'json':
      return `${JSON.stringify(told(shown), undefined, 2)}\n`
  }
}

const told = ({ profile, before, works }: ProfileShown) => ({
  ...summary(profile),
  works,
  functions: functionShares(profile),
  ...(before ? { before: summary(before), differences: functionDifferences(profile, before) } : {}),
})

const summary = ({ type, unit, total, durationMs }: Profile) => ({ type, unit, total, duration_ms: durationMs ?? null })

interface Compared {
  readonly profile: Profile
  readonly before: Profile
  readonly file: string
  readonly beforeFile: string
}

/** Shares of processor time and of memory would be compared without meaning anything. */
function refuseOtherCounts({ profile, before, file, beforeFile }: Compared): void {
  if (profile.type === before.type && profile.unit === before.unit) return
  throw new ProblemError({
    kind: 'usage',
    message: `${file} counts ${profile.type} in ${profile.unit}, ${beforeFile} ${before.type} in ${before.unit}`,
    hint: 'only profiles of the same kind can be compared',
  })
}

async function readWork(file: string, { cwd }: World): Promise<Profile> {
  const profile = await readProfile(file, cwd)
  if (profile.total > 0) return profile
  throw new ProblemError({
    kind: 'io',
    message: `${file}: nothing was counted in this profile`,
    hint: 'an idle program has an empty profile: take it while it is busy',
  })
}
