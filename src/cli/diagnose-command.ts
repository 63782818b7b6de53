import { diagnose } from '../engine/diagnose.ts'
import { openJournalStore } from '../journal/store.ts'
import { listRunbooks, runbookFiles, runbookNameOf } from '../load/find-runbook.ts'
import type { Diagnosis } from '../model/diagnosis.ts'
import type { Inventory } from '../model/inventory.ts'
import { type Problem, ProblemError, problemsOf } from '../model/problem.ts'
import type { Runbook } from '../model/runbook.ts'
import { diagnosisText } from '../report/diagnosis-text.ts'
import type { CommandOf } from './command.ts'
import { openAccess } from './endpoints.ts'
import { planInputOf } from './engine-input.ts'
import { styleFor, type Telling } from './look.ts'
import { namesIn, openInventory, openRunbook } from './open-files.ts'
import { prepare } from './prepare.ts'
import { runbookFolders } from './runbook-folders.ts'
import { runsFolder } from './state-folder.ts'
import { tellProblems } from './tell-problems.ts'
import { watched } from './watched.ts'
import { words } from './words.ts'
import type { World } from './world.ts'

/** `runbook diagnose [NAME]`: looks, compares with thresholds, names causes and the runbooks that follow; changes nothing. */
export async function diagnoseCommand(command: CommandOf<'diagnose'>, world: World): Promise<0> {
  const telling = { world, output: command.output }
  const inventory = openInventory(command.targets.inventories, telling)
  if (command.name !== undefined) {
    const runbook = openRunbook(command.name, world, namesIn(inventory, command.targets))
    tell(command, { diagnoses: [await diagnoseOne(command, { runbook, inventory, telling })], problems: [] }, world)
    return 0
  }
  const all = await diagnoseAll(command, { inventory, telling })
  const [first, ...others] = all.problems
  if (first && all.diagnoses.length === 0) throw new ProblemError(first, ...others)
  tell(command, all, world)
  return 0
}

/** What was found, and what kept runbooks from being asked. */
interface Told {
  readonly diagnoses: readonly Diagnosis[]
  readonly problems: readonly Problem[]
}

interface Asked {
  readonly inventory: Inventory
  readonly telling: Telling
}

/** Every runbook that knows causes, one after another; those whose hosts the inventory does not have are left out. */
async function diagnoseAll(command: CommandOf<'diagnose'>, { inventory, telling }: Asked): Promise<Told> {
  const { world } = telling
  const diagnoses: Diagnosis[] = []
  const problems: Problem[] = []
  for (const { name } of listRunbooks(runbookFolders(world))) {
    try {
      const runbook = openRunbook(name, world, namesIn(inventory, command.targets))
      if (runbook.diagnosing) diagnoses.push(await diagnoseOne(command, { runbook, inventory, telling }))
    } catch (error) {
      problems.push(...problemsOf(error).filter(({ kind }) => kind !== 'no-hosts'))
    }
  }
  return { diagnoses, problems }
}

async function diagnoseOne(
  { targets, reach, stateDir }: CommandOf<'diagnose'>,
  { runbook, inventory, telling }: Asked & { readonly runbook: Runbook },
): Promise<Diagnosis> {
  const { world } = telling
  if (runbook.measures.length === 0 && !runbook.diagnosing) throw nothingToLookAt(runbook)
  const access = await openAccess(reach, world)
  const prepared = await prepare({ runbook, inventory, targets, access }, world)
  const journals = openJournalStore(runsFolder(stateDir, world), { now: world.now })
  const hosts = prepared.hosts.map(({ name }) => name)
  const phase = { title: `Diagnosing ${runbook.name}`, hosts, after: 'cleared', during: 'looking' } as const
  return watched(silentForJson(telling), phase, async ({ emit }) =>
    diagnose(await planInputOf({ prepared, world, forks: reach.forks, journals, emit })),
  )
}

/** One document is written at the end; events on the way would be others. */
const silentForJson = ({ world, output }: Telling): Telling =>
  output.format === 'json' ? { world, output: { ...output, format: 'text', detail: 'quiet' } } : { world, output }

const nothingToLookAt = ({ name }: Runbook): ProblemError =>
  new ProblemError({
    kind: 'usage',
    message: `${name} has neither measures nor a section diagnose`,
    hint: 'runbook diagnose without a name takes all runbooks that have one',
  })

function tell({ targets, output }: CommandOf<'diagnose'>, { diagnoses, problems }: Told, world: World): void {
  const known = new Set(runbookFiles(runbookFolders(world)).map(runbookNameOf))
  const planOf = (runbook: string): string | undefined =>
    known.has(runbook)
      ? words(['runbook', 'plan', runbook, ...targets.inventories.flatMap((file) => ['-i', file])])
      : undefined
  if (output.format === 'json') {
    const told = diagnoses.map((one) => ({ ...one, causes: one.causes.map((cause) => withPlans(cause, planOf)) }))
    world.stdout.write(`${JSON.stringify({ format: 1, diagnoses: told, problems }, undefined, 2)}\n`)
    return
  }
  const style = styleFor(world.stdout, { world, output })
  if (diagnoses.length === 0) world.stdout.write('No runbook that knows causes has hosts in this inventory.\n')
  world.stdout.write(diagnoses.map((one) => diagnosisText(one, { style, planOf, detail: output.detail })).join('\n'))
  const [first, ...others] = problems
  if (first) tellProblems([first, ...others], { world, output })
}

/** Each remedy with the command that plans it, where there is such a runbook. */
const withPlans = (cause: Diagnosis['causes'][number], planOf: (runbook: string) => string | undefined) => ({
  ...cause,
  remedies: cause.remedies.map((remedy) => ({ ...remedy, plan: planOf(remedy.runbook) ?? null })),
})
