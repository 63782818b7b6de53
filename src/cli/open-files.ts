import { findRunbook, readRunbookFile } from '../load/find-runbook.ts'
import { type InventoryOptions, loadInventory } from '../load/inventory.ts'
import { loadRunbook } from '../load/runbook.ts'
import { varsFileNames } from '../load/vars-file-names.ts'
import { unvaultWith } from '../load/vault.ts'
import { escapeLine } from '../model/escape.ts'
import type { Inventory } from '../model/inventory.ts'
import { type Problem, unwrap } from '../model/problem.ts'
import type { Runbook } from '../model/runbook.ts'
import { locationText } from '../model/source.ts'
import { createModules } from '../modules/index.ts'
import type { Targets } from './command.ts'
import { chooseInventory } from './inventory-choice.ts'
import { programRunner } from './inventory-program.ts'
import type { Telling } from './look.ts'
import { runbookFolders } from './runbook-folders.ts'
import type { World } from './world.ts'

/** The inventory that was given or is the default. Throws ProblemError with every problem of its files. */
export function openInventory(given: readonly string[], telling: Telling): Inventory {
  const { world, output } = telling
  const inventory = unwrap(loadInventory(chooseInventory(given, telling), inventoryAccess(world)))
  if (output.detail !== 'quiet') world.stderr.write(notesText(inventory.notes ?? []))
  return inventory
}

/** What reading an inventory may do in this world. */
export const inventoryAccess = (world: World): InventoryOptions => ({
  runProgram: programRunner(world),
  unvault: unvaultWith(world.vaultPasswords),
})

const MOST_NOTES = 3 // `validate` tells all of them

/** What looks like a slip in the inventory, a line each. */
function notesText(notes: readonly Problem[]): string {
  const lines = notes
    .slice(0, MOST_NOTES)
    .map(({ message, at }) => `inventory: ${at ? `${locationText(at)}: ` : ''}${escapeLine(message)}`)
  const more = notes.length - lines.length
  return [...lines, ...(more > 0 ? [`inventory: ${more} more remarks: runbook validate`] : [])]
    .map((line) => `${line}\n`)
    .join('')
}

/** A runbook by name or file, compiled; every problem in it is thrown at once. Names not in `inventoryNames` are unknown. */
export function openRunbook(name: string, world: World, inventoryNames?: ReadonlySet<string>): Runbook {
  const file = unwrap(findRunbook(name, runbookFolders(world)))
  const known = inventoryNames ? { inventoryNames } : {}
  const folders = runbookFolders(world)
  return unwrap(loadRunbook({ ...unwrap(readRunbookFile(file)), modules: createModules(), folders, ...known }))
}

/** The names that any host's variables have, or a file of variables. */
export function namesIn(inventory: Inventory, { varsFiles }: Pick<Targets, 'varsFiles'>): ReadonlySet<string> {
  const distinct = new Set([...inventory.hosts.values()].map(({ vars }) => vars))
  return new Set([...[...distinct].flatMap((vars) => [...vars.keys()]), ...varsFileNames(varsFiles)])
}
