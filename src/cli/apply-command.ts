import { openJournalStore } from '../journal/store.ts'
import type { Inventory } from '../model/inventory.ts'
import { ProblemError } from '../model/problem.ts'
import { versionLine } from '../report/jsonl.ts'
import { applyNow } from './apply-flow.ts'
import { askToApply } from './approval.ts'
import type { CommandOf } from './command.ts'
import { openAccess } from './endpoints.ts'
import type { ExitCode } from './exit-code.ts'
import type { Telling } from './look.ts'
import { namesIn, openInventory, openRunbook } from './open-files.ts'
import { listHosts, planCommand } from './plan-command.ts'
import { planNow } from './plan-flow.ts'
import { prepare } from './prepare.ts'
import { isPlanFile, readPlan, refuseOtherSecrets, refuseStale, runbookOf, targetsOf } from './saved-plan.ts'
import { runsFolder } from './state-folder.ts'
import { hasWork, refuseBlocked, tellPlan } from './tell-plan.ts'
import { versionOf } from './version.ts'
import type { World } from './world.ts'

type Apply = CommandOf<'apply'>

/** `runbook apply`: one runbook, a plan that was kept, or the runbooks that the inventory names, in order. */
export async function applyCommand(command: Apply, world: World): Promise<ExitCode> {
  if (command.only === 'plan') return planInstead(command, world)
  if (command.output.format === 'json') world.stdout.write(versionLine(versionOf(world)))
  if (command.name !== undefined) return applyOne(command, command.name, world)
  for (const name of namedRunbooks(openInventory(command.targets.inventories, { world, output: command.output }))) {
    world.stderr.write(`runbook: ${name} (named by the inventory)\n`)
    const code = await applyOne(command, name, world)
    if (code !== 0) return code
  }
  return 0
}

/** `apply --check`, as Ansible's users know it. */
function planInstead(command: Apply, world: World): Promise<ExitCode> {
  const { name, output, vault, targets, reach, stateDir } = command
  if (name === undefined)
    throw new ProblemError({ kind: 'usage', message: 'name a runbook to plan', hint: 'runbook plan NAME' })
  world.stderr.write(`apply --check is \`runbook plan ${name}\`: nothing is changed\n`)
  return planCommand(
    {
      kind: 'plan',
      name,
      output,
      vault,
      targets,
      reach,
      exit: 'simple',
      only: 'plan',
      ...(stateDir === undefined ? {} : { stateDir }),
    },
    world,
  )
}

/** `all.vars.runbooks`: what an inventory says is to be applied to it. */
function namedRunbooks({ groups, sources }: Inventory): readonly string[] {
  const value = groups.get('all')?.vars.get('runbooks')?.value
  const names = Array.isArray(value) ? value.filter((name) => typeof name === 'string') : []
  if (names.length > 0) return names
  throw new ProblemError({
    kind: 'usage',
    message: `which runbook? ${sources.join(', ')} names none`,
    hint: 'runbook apply NAME, or all.vars.runbooks: [NAME] in the inventory; see `runbook list`',
  })
}

async function applyOne(command: Apply, name: string, world: World): Promise<ExitCode> {
  const telling = { world, output: command.output }
  const saved = isPlanFile(name) ? readPlan(name, world) : undefined
  const targets = saved ? targetsOf(saved, command.targets) : command.targets
  const inventory = openInventory(targets.inventories, telling)
  const runbook = openRunbook(saved ? runbookOf(saved, world) : name, world, namesIn(inventory, targets))
  if (saved) refuseStale(saved, { runbook, inventory, world })
  const access = await openAccess(command.reach, world)
  const salt = saved?.salt === undefined ? {} : { salt: saved.salt }
  const resolved = await prepare({ runbook, inventory, targets, access, ...salt }, world)
  if (saved) refuseOtherSecrets(saved, resolved.params)
  const prepared = saved ? { ...resolved, params: saved.params } : resolved
  if (command.only === 'hosts') return listHosts(prepared, world)
  const journals = openJournalStore(runsFolder(command.stateDir, world), world)
  const engine = { prepared, world, forks: command.reach.forks, journals }
  const plan = saved ?? (await planNow(telling, engine))
  if (!isSilent(command)) tellPlan(plan, { telling })
  refuseBlocked(plan)
  if (!hasWork(plan)) return nothingToDo(telling)
  const consent = await askToApply(plan, { approval: command.approval, world })
  if (consent.goOn === 'no') return declined(world)
  return applyNow(telling, {
    ...engine,
    plan,
    approval: command.approval,
    allowIrreversible: consent.irreversible === 'yes',
  })
}

/** Who says --yes and --quiet has seen the plan, or does not want to. */
const isSilent = ({ output, approval }: Apply): boolean =>
  output.detail === 'quiet' && output.format === 'text' && approval.changes === 'given'

function nothingToDo({ world, output }: Telling): ExitCode {
  if (output.format === 'text') world.stdout.write('Nothing to do.\n')
  else world.stdout.write(`${JSON.stringify({ type: 'summary', outcome: 'nothing-to-do', problems: [] })}\n`)
  return 0
}

function declined(world: World): ExitCode {
  world.stderr.write('Not applied; nothing was changed.\n')
  return 0
}
