import path from 'node:path'
import type { World } from './world.ts'

/** Where runbooks are looked for by name: ./runbooks, then those that come with the program. */
export function runbookFolders({ cwd, packageFolder }: World): readonly string[] {
  const own = path.join(packageFolder, 'runbooks')
  return path.join(cwd, 'runbooks') === own ? ['runbooks'] : ['runbooks', own]
}
