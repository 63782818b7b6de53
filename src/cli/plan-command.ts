import path from 'node:path'
import { openJournalStore } from '../journal/store.ts'
import type { Plan } from '../model/plan.ts'
import { versionLine } from '../report/jsonl.ts'
import type { CommandOf } from './command.ts'
import { openAccess } from './endpoints.ts'
import { type ExitCode, exitCodeOfProblems } from './exit-code.ts'
import { namesIn, openInventory, openRunbook } from './open-files.ts'
import { planNow } from './plan-flow.ts'
import { type Prepared, prepare } from './prepare.ts'
import { runsFolder } from './state-folder.ts'
import { blockedIn, hasWork, tellPlan } from './tell-plan.ts'
import { tellProblems } from './tell-problems.ts'
import { versionOf } from './version.ts'
import { words } from './words.ts'
import type { World } from './world.ts'
import { writeWhole } from './write-file.ts'

/** `runbook plan`: shows what apply would change; keeps it with --out. */
export async function planCommand(command: CommandOf<'plan'>, world: World): Promise<ExitCode> {
  const telling = { world, output: command.output }
  const inventory = openInventory(command.targets.inventories, telling)
  const runbook = openRunbook(command.name, world, namesIn(inventory, command.targets))
  const access = await openAccess(command.reach, world)
  const prepared = await prepare({ runbook, inventory, targets: command.targets, access }, world)
  if (command.only === 'hosts') return listHosts(prepared, world)
  if (command.output.format === 'json') world.stdout.write(versionLine(versionOf(world)))
  const journals = openJournalStore(runsFolder(command.stateDir, world), { now: world.now })
  const plan = await planNow(telling, { prepared, world, forks: command.reach.forks, journals })
  if (command.out !== undefined)
    await writeWhole(path.resolve(world.cwd, command.out), `${JSON.stringify(plan, undefined, 2)}\n`)
  const next = nextCommand(plan, command)
  tellPlan(plan, { telling, ...(next === undefined ? {} : { next }) })
  return exitCodeOf(plan, command, world)
}

/** `--list-hosts`: one a line, as the plan would take them. */
export function listHosts({ hosts }: Prepared, world: World): 0 {
  for (const host of hosts) world.stdout.write(`${host.name}\n`)
  return 0
}

function exitCodeOf(plan: Plan, { output, exit }: CommandOf<'plan'>, world: World): ExitCode {
  const [first, ...others] = blockedIn(plan)
  if (first) {
    tellProblems([first, ...others], { world, output })
    return exitCodeOfProblems([first, ...others])
  }
  return exit === 'detailed' && hasWork(plan) ? 2 : 0
}

/** What to type to apply just this plan; nothing where there is nothing to apply, or it would be refused. */
function nextCommand(plan: Plan, { name, targets, out, stateDir }: CommandOf<'plan'>): string | undefined {
  if (!hasWork(plan) || blockedIn(plan).length > 0) return undefined
  const state = stateDir === undefined ? [] : ['--state-dir', stateDir]
  if (out !== undefined) return words(['runbook', 'apply', out, ...state])
  return words([
    'runbook',
    'apply',
    name,
    ...targets.inventories.flatMap((file) => ['-i', file]),
    ...(targets.limit === undefined ? [] : ['-l', targets.limit]),
    ...targets.varsFiles.flatMap((file) => ['--vars-file', file]),
    ...targets.set.flatMap((pair) => ['--set', pair]),
    ...state,
  ])
}
