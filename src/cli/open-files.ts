import { findRunbook, readRunbookFile } from '../load/find-runbook.ts'
import { loadInventory } from '../load/inventory.ts'
import { loadRunbook } from '../load/runbook.ts'
import type { Inventory } from '../model/inventory.ts'
import { unwrap } from '../model/problem.ts'
import type { Runbook } from '../model/runbook.ts'
import { createModules } from '../modules/index.ts'
import { chooseInventory } from './inventory-choice.ts'
import type { Telling } from './look.ts'
import { runbookFolders } from './runbook-folders.ts'
import type { World } from './world.ts'

/** The inventory that was given or is the default. Throws ProblemError with every problem of its files. */
export const openInventory = (given: readonly string[], telling: Telling): Inventory =>
  unwrap(loadInventory(chooseInventory(given, telling)))

/** A runbook by name or file, compiled; every problem in it is thrown at once. */
export function openRunbook(name: string, world: World): Runbook {
  const file = unwrap(findRunbook(name, runbookFolders(world)))
  return unwrap(loadRunbook({ ...unwrap(readRunbookFile(file)), modules: createModules() }))
}
