import { findRunbook, readRunbookFile, runbookFiles } from '../load/find-runbook.ts'
import { loadInventory } from '../load/inventory.ts'
import { isFolder } from '../load/is-folder.ts'
import { lintRunbook } from '../load/lint.ts'
import { namesUsed } from '../load/rule-names.ts'
import { RULE_PAGES } from '../load/rules.ts'
import { compileRunbook } from '../load/runbook.ts'
import { selectHosts } from '../load/select-hosts.ts'
import { resolveVariables } from '../load/variables.ts'
import { unusedVarsFileNames, varsFileNames } from '../load/vars-file-names.ts'
import type { Inventory } from '../model/inventory.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { Runbook } from '../model/runbook.ts'
import { createModules } from '../modules/index.ts'
import { findingCounts, findingJson, findingsGithub, findingsSarif } from '../report/finding-formats.ts'
import type { CommandOf, Targets } from './command.ts'
import { type ExitCode, exitCodeOfProblems } from './exit-code.ts'
import { findInventory } from './inventory-choice.ts'
import { inventoryAccess } from './open-files.ts'
import { runbookFolders } from './runbook-folders.ts'
import { tellProblems } from './tell-problems.ts'
import type { World } from './world.ts'

/** `runbook validate`: everything that can be wrong in files, found without connecting to anything. */
export function validateCommand(command: CommandOf<'validate'>, world: World): ExitCode {
  const { targets, warnings } = command
  const inventory = inventoryOf(targets, world)
  const input = { targets, inventory: inventory.ok ? inventory.value : undefined, folders: runbookFolders(world) }
  const checked = filesOf(command.names, world).map((file) => (file.ok ? check(file.value, input) : refused(file)))
  const findings = [
    ...(inventory.ok ? (inventory.value?.notes ?? []).map(slip) : inventory.problems),
    ...checked.flatMap((one) => one.findings),
    ...unusedNames(checked, input),
  ]
  tell(command, { sound: checked.flatMap(({ sound }) => sound ?? []), findings }, world)
  const [error, ...errors] = findings.filter(isError)
  if (error) return exitCodeOfProblems([error, ...errors])
  return warnings === 'fail' && findings.some(({ severity }) => severity === 'warning') ? 3 : 0
}

const slip = (note: Problem): Problem => ({ ...note, kind: 'rule', rule: 'inventory-slip', severity: 'warning' })

const isError = ({ severity = 'error' }: Problem): boolean => severity === 'error'

interface Told {
  readonly sound: readonly Runbook[]
  readonly findings: readonly Problem[]
}

function tell({ format, output }: CommandOf<'validate'>, { sound, findings }: Told, world: World): void {
  switch (format) {
    case 'github':
      world.stdout.write(findingsGithub(findings))
      return
    case 'sarif':
      world.stdout.write(findingsSarif(findings, RULE_PAGES))
      return
    case 'json': {
      const runbooks = sound.map(({ name, file }) => ({ name, file }))
      const shown = { valid: !findings.some(isError), runbooks, findings: findings.map(findingJson) }
      world.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n`)
      return
    }
    case 'text':
      tellText({ sound, findings }, { output, world })
  }
}

/** Mere remarks are counted, and shown with -v. */
function tellText({ sound, findings }: Told, telling: Parameters<typeof tellProblems>[1]): void {
  const { world, output } = telling
  for (const { file } of sound) if (output.detail !== 'quiet') world.stdout.write(`ok  ${file}\n`)
  const shown = findings.filter(
    (finding) =>
      isError(finding) || (finding.severity === 'warning' && output.detail !== 'quiet') || output.detail === 'verbose',
  )
  if (shown.length > 0) tellProblems(shown, telling)
  const more = shown.length < findings.length ? '; -v shows all' : ''
  if (findings.length > 0 && output.detail !== 'quiet') {
    world.stderr.write(
      `${shown.length > 0 ? '\n' : ''}${findingCounts(findings)}${more}; runbook explain RULE tells more\n`,
    )
  }
}

/** The inventory of the call or the default one; runbooks are checked without any as well. */
function inventoryOf({ inventories }: Targets, world: World): Result<Inventory | undefined> {
  const choice = findInventory(inventories, world)
  return choice ? loadInventory(choice.files, inventoryAccess(world)) : succeed(undefined)
}

function filesOf(names: readonly string[], world: World): readonly Result<string>[] {
  const folders = runbookFolders(world)
  if (names.length === 0) return runbookFiles(folders).map(succeed)
  return names.flatMap((name) => {
    const found = findRunbook(name, folders)
    return !found.ok && isFolder(name) ? filesIn(name) : [found]
  })
}

function filesIn(folder: string): readonly Result<string>[] {
  const files = runbookFiles([folder])
  return files.length > 0 ? files.map(succeed) : [fail([{ kind: 'reference', message: `no runbooks in ${folder}` }])]
}

interface CheckInput {
  readonly targets: Targets
  readonly inventory: Inventory | undefined
  readonly folders: readonly string[] // of runbooks to include
}

interface Checked {
  readonly sound?: Runbook // without errors
  readonly names: ReadonlySet<string> // that it declares as parameters, or uses
  readonly findings: readonly Problem[]
}

const refused = ({ problems }: Result<never> & { ok: false }): Checked => ({ names: new Set(), findings: problems })

/** The runbook itself; with an inventory also its hosts and every value that it needs. */
function check(file: string, { targets, inventory, folders }: CheckInput): Checked {
  const read = readRunbookFile(file)
  if (!read.ok) return refused(read)
  const names = inventory ? inventoryNames(inventory) : undefined
  const given = names && new Set([...names, ...varsFileNames(targets.varsFiles)])
  const compiled = compileRunbook({
    ...read.value,
    modules: createModules(),
    folders,
    ...(given ? { inventoryNames: given } : {}),
  })
  if (!compiled.ok) return refused(compiled)
  const { runbook, problems } = compiled.value
  const ofHosts = inventory && problems.length === 0 ? hostProblems(runbook, inventory, targets) : []
  const findings = [
    ...problems,
    ...ofHosts.map((problem) => ({ ...problem, message: `${file}: ${problem.message}` })),
    ...lintRunbook(compiled.value, names),
  ]
  return {
    ...(findings.some(isError) ? {} : { sound: runbook }),
    names: new Set([...namesUsed(runbook), ...runbook.params.map(({ name }) => name)]),
    findings,
  }
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

/** A file of variables may be for several runbooks: told is what none of them uses. */
function unusedNames(checked: readonly Checked[], { targets, inventory }: CheckInput): readonly Problem[] {
  if (checked.some(({ sound }) => !sound)) return []
  const used = [...checked.flatMap(({ names }) => [...names]), ...(inventory ? inventoryNames(inventory) : [])]
  return unusedVarsFileNames(targets.varsFiles, new Set(used))
}

const inventoryNames = (inventory: Inventory): ReadonlySet<string> =>
  new Set([...inventory.hosts.values()].flatMap((host) => [...host.vars.keys()]))
