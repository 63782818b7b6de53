import path from 'node:path'
import type { World } from './world.ts'

/** Where runbooks are looked for by name: ./runbooks, then those that come with the program. */
export const runbookFolders = ({ cwd, packageFolder }: World): readonly string[] => [
  ...new Set([path.join(cwd, 'runbooks'), path.join(packageFolder, 'runbooks')]),
]
