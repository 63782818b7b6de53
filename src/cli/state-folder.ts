import path from 'node:path'
import type { World } from './world.ts'

/** Where runs are recorded: --state-dir, RUNBOOK_STATE_DIR, XDG_STATE_HOME/runbook, ~/.local/state/runbook (XDG 0.8). */
export function stateFolder(
  stateDir: string | undefined,
  { env, cwd, homeFolder }: Pick<World, 'env' | 'cwd' | 'homeFolder'>,
): string {
  const given = stateDir ?? (env.RUNBOOK_STATE_DIR || undefined)
  if (given !== undefined) return path.resolve(cwd, given)
  const base = env.XDG_STATE_HOME
  // XDG: a relative path in the variable is invalid and ignored.
  return path.join(base && path.isAbsolute(base) ? base : path.join(homeFolder, '.local/state'), 'runbook')
}

/** Where the journals of runs lie. */
export const runsFolder = (stateDir: string | undefined, world: World): string =>
  path.join(stateFolder(stateDir, world), 'runs')
