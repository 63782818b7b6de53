import { readFileSync } from 'node:fs'
import path from 'node:path'
import { isObject } from '../model/json.ts'
import type { World } from './world.ts'

/** The version of this program, from its package.json. */
export function versionOf({ packageFolder }: Pick<World, 'packageFolder'>): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8'))
  return isObject(manifest) && typeof manifest.version === 'string' ? manifest.version : 'unknown'
}

export function versionCommand(world: World): 0 {
  world.stdout.write(`runbook ${versionOf(world)}\n`)
  return 0
}
