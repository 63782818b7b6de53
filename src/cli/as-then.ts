import { loadRunbook } from '../load/runbook.ts'
import type { ResolvedParam } from '../model/plan.ts'
import { ProblemError, unwrap } from '../model/problem.ts'
import type { RunRecord } from '../model/run-record.ts'
import type { Runbook } from '../model/runbook.ts'
import { createModules } from '../modules/index.ts'
import type { Output, Reach, Targets } from './command.ts'
import { openAccess } from './endpoints.ts'
import { openInventory } from './open-files.ts'
import { type Prepared, prepare } from './prepare.ts'
import { setAgain } from './saved-plan.ts'
import { changedSecrets } from './secret-checks.ts'
import type { World } from './world.ts'

/** The runbook as the run's journal keeps it, and what it included. */
export const runbookOfThen = ({ started }: RunRecord): Runbook => {
  const { file, text, included = [] } = started.runbook
  return unwrap(loadRunbook({ file, text, modules: createModules(), texts: included }))
}

interface Now {
  readonly command: { readonly targets: Targets; readonly reach: Reach; readonly output: Output }
  readonly world: World
  readonly runbook: Runbook
}

/** A run's runbook with the values of then, on the hosts of then, reached as the inventory says now. */
export async function prepareAsThen({ started }: RunRecord, { command, world, runbook }: Now): Promise<Prepared> {
  const { inventories } = command.targets
  const inventory = openInventory(inventories.length > 0 ? inventories : started.inventory.sources, {
    world,
    output: command.output,
  })
  if (inventory.sha256 !== started.inventory.sha256)
    world.stderr.write('note: the inventory has changed since the run; its hosts are reached as it says now\n')
  refuseOtherValues(command.targets, started.params)
  const targets = {
    set: [...setAgain(started.params), ...command.targets.set],
    varsFiles: [...(started.inventory.varsFiles ?? []), ...command.targets.varsFiles],
    limit: started.hosts.join(','),
  }
  const access = await openAccess(command.reach, world)
  const salt = started.salt === undefined ? {} : { salt: started.salt }
  const prepared = await prepare({ runbook, inventory, targets, access, ...salt }, world)
  const changed = changedSecrets(started.params, prepared.params)
  if (changed.length > 0) world.stderr.write(`note: no longer the values of the run: ${changed.join(', ')}\n`)
  return { ...prepared, params: started.params }
}

/** Secrets may have to be got from elsewhere by now; all other values are settled. */
function refuseOtherValues({ set }: Targets, params: readonly ResolvedParam[]): void {
  const secrets = new Set(params.flatMap(({ name, secret }) => (secret ? [name] : [])))
  const other = set.find((pair) => !secrets.has(pair.slice(0, pair.indexOf('='))))
  if (other === undefined) return
  throw new ProblemError({
    kind: 'usage',
    message: `--set ${other.slice(0, other.indexOf('='))}: the values of a run are settled, but for where its secrets come from`,
  })
}
