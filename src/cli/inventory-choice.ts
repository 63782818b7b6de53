import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { suggest } from '../load/nearest.ts'
import { ProblemError, unwrap } from '../model/problem.ts'
import { CONFIG_FILE, readConfig } from './config-file.ts'
import type { Telling } from './look.ts'
import type { World } from './world.ts'

/** The inventory files of a call, and where that was said when not on the command line. */
export interface InventoryChoice {
  readonly files: readonly string[]
  readonly saidBy?: string
}

const DEFAULT_FILE = 'inventories/default.yaml'

/** -i, else RUNBOOK_INVENTORY, else the project's configuration, else inventories/default.yaml; undefined: none of them. */
export function findInventory(given: readonly string[], world: World): InventoryChoice | undefined {
  if (given.length > 0) return { files: given.map((name) => inventoryFile(name, world)) }
  const named = world.env.RUNBOOK_INVENTORY
  if (named) return { files: named.split(':').map((name) => inventoryFile(name, world)), saidBy: 'RUNBOOK_INVENTORY' }
  const { inventories } = unwrap(readConfig(world))
  if (inventories.length > 0)
    return { files: inventories.map((name) => inventoryFile(name, world)), saidBy: CONFIG_FILE }
  return existsSync(path.join(world.cwd, DEFAULT_FILE)) ? { files: [DEFAULT_FILE], saidBy: 'default' } : undefined
}

/** As findInventory, told on stderr when it was not given; none is a usage problem. */
export function chooseInventory(given: readonly string[], { world, output }: Telling): readonly string[] {
  const choice = findInventory(given, world)
  if (!choice) {
    throw new ProblemError({
      kind: 'usage',
      message: 'no inventory is given: which hosts?',
      hint: `-i FILE, RUNBOOK_INVENTORY, inventory: in ${CONFIG_FILE}, or ${DEFAULT_FILE}`,
    })
  }
  if (choice.saidBy !== undefined && output.detail !== 'quiet')
    world.stderr.write(`inventory: ${choice.files.join(', ')} (${choice.saidBy})\n`)
  return choice.files
}

/** A path that is there, else the name under ./inventories and then among the program's own. */
function inventoryFile(name: string, { cwd, packageFolder }: World): string {
  // A list of hosts, as Ansible has it: -i e1,e2,
  if (name.includes(',') || existsSync(path.resolve(cwd, name))) return name
  const folders = [path.join(cwd, 'inventories'), path.join(packageFolder, 'inventories')]
  const file =
    path.basename(name) === name
      ? folders.map((folder) => path.join(folder, name)).find((candidate) => existsSync(candidate))
      : undefined
  if (file !== undefined) return fromHere(file, cwd)
  const known = new Set(folders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : [])))
  const hint = suggest(name, known)
  throw new ProblemError({
    kind: 'reference',
    message: `there is no inventory ${name}, nor inventories/${name}`,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** Short where it lies below `cwd`, absolute elsewhere. */
function fromHere(file: string, cwd: string): string {
  const relative = path.relative(cwd, file)
  return relative.startsWith('..') ? file : relative
}
