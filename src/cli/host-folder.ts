import { ProblemError } from '../model/problem.ts'
import type { World } from './world.ts'

const DEFAULT_FOLDER = '/var/lib/runbook'

/**
 * Where runs keep pre-images on the hosts: RUNBOOK_HOST_FOLDER, else /var/lib/runbook. Throws ProblemError kind usage for
 * what is no plain absolute path.
 */
export function hostFolder({ env }: Pick<World, 'env'>): string {
  const folder = env.RUNBOOK_HOST_FOLDER || DEFAULT_FOLDER
  if (/^(\/[A-Za-z0-9_@.-]+)+$/.test(folder) && !folder.split('/').includes('..')) return folder
  throw new ProblemError({
    kind: 'usage',
    message: `RUNBOOK_HOST_FOLDER is no plain absolute path: ${folder}`,
    hint: `leave it out for ${DEFAULT_FOLDER}`,
  })
}
