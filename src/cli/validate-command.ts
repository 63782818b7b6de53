import { findRunbook, listRunbooks, readRunbookFile } from '../load/find-runbook.ts'
import { loadInventory } from '../load/inventory.ts'
import { loadRunbook } from '../load/runbook.ts'
import { selectHosts } from '../load/select-hosts.ts'
import { resolveVariables } from '../load/variables.ts'
import type { Inventory } from '../model/inventory.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { Runbook } from '../model/runbook.ts'
import { createModules } from '../modules/index.ts'
import type { CommandOf, Targets } from './command.ts'
import { type ExitCode, exitCodeOfProblems } from './exit-code.ts'
import { findInventory } from './inventory-choice.ts'
import { programRunner } from './inventory-program.ts'
import { runbookFolders } from './runbook-folders.ts'
import { tellProblems } from './tell-problems.ts'
import type { World } from './world.ts'

/** `runbook validate`: everything that can be wrong in files, found without connecting to anything. */
export function validateCommand(command: CommandOf<'validate'>, world: World): ExitCode {
  const { targets, output } = command
  const inventory = inventoryOf(targets, world)
  const files = filesOf(command.names, world)
  const results = files.map((file) =>
    file.ok ? check(file.value, { targets, inventory: inventory.ok ? inventory.value : undefined }) : file,
  )
  const problems = [inventory, ...results].flatMap((result): readonly Problem[] => (result.ok ? [] : result.problems))
  const sound = results.flatMap((result) => (result.ok ? [result.value] : []))
  const known = inventory.ok ? (inventory.value?.notes ?? []) : []
  const notes = [...known, ...sound.flatMap((runbook) => runbook.notes ?? [])]
  if (output.format === 'json') tellJson({ sound, problems, notes }, world)
  else {
    for (const { file } of sound) if (output.detail !== 'quiet') world.stdout.write(`ok  ${file}\n`)
    if (notes.length > 0) world.stderr.write('Remarks that stop nothing:\n')
    tellProblems([...notes, ...problems], { world, output })
  }
  const [first, ...others] = problems
  return first ? exitCodeOfProblems([first, ...others]) : 0
}

interface Checked {
  readonly sound: readonly Runbook[]
  readonly problems: readonly Problem[]
  readonly notes: readonly Problem[]
}

function tellJson({ sound, problems, notes }: Checked, world: World): void {
  const shown = {
    valid: problems.length === 0,
    runbooks: sound.map(({ name, file }) => ({ name, file })),
    problems,
    notes,
  }
  world.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n`)
}

/** The inventory of the call or the default one; runbooks are checked without any as well. */
function inventoryOf({ inventories }: Targets, world: World): Result<Inventory | undefined> {
  const choice = findInventory(inventories, world)
  return choice ? loadInventory(choice.files, { runProgram: programRunner(world) }) : succeed(undefined)
}

function filesOf(names: readonly string[], world: World): readonly Result<string>[] {
  const folders = runbookFolders(world)
  if (names.length > 0) return names.map((name) => findRunbook(name, folders))
  return listRunbooks(folders).map(({ file }) => succeed(file))
}

interface CheckInput {
  readonly targets: Targets
  readonly inventory: Inventory | undefined
}

/** The runbook itself; with an inventory also its hosts and every value that it needs. */
function check(file: string, { targets, inventory }: CheckInput): Result<Runbook> {
  const read = readRunbookFile(file)
  if (!read.ok) return read
  const names = inventory && targets.varsFiles.length === 0 ? inventoryNames(inventory) : undefined
  const loaded = loadRunbook({ ...read.value, modules: createModules(), ...(names ? { inventoryNames: names } : {}) })
  if (!loaded.ok || !inventory) return loaded
  const problems = hostProblems(loaded.value, inventory, targets)
  return problems.length > 0
    ? fail(problems.map((problem) => ({ ...problem, message: `${file}: ${problem.message}` })))
    : loaded
}

/** A default inventory need not have hosts for every runbook; one that is given must. */
function hostProblems(
  runbook: Runbook,
  inventory: Inventory,
  { limit, set, varsFiles, inventories }: Targets,
): readonly Problem[] {
  const hosts = selectHosts(inventory, runbook.hosts, limit)
  if (!hosts.ok) return inventories.length > 0 ? hosts.problems : []
  const values = resolveVariables({ runbook, inventory, hosts: hosts.value, set, varsFiles })
  return values.ok ? [] : values.problems
}

const inventoryNames = (inventory: Inventory): ReadonlySet<string> =>
  new Set([...inventory.hosts.values()].flatMap((host) => [...host.vars.keys()]))
