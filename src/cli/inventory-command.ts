import { suggest } from '../load/nearest.ts'
import { hostOf, selectHosts } from '../load/select-hosts.ts'
import { hostName } from '../model/id.ts'
import type { Host, Inventory } from '../model/inventory.ts'
import { ProblemError, unwrap } from '../model/problem.ts'
import {
  inventoryGraph,
  inventoryList,
  inventoryTree,
  narrowed,
  plainVars,
  sortedJsonText,
} from '../report/inventory-text.ts'
import { yamlText } from '../report/yaml-text.ts'
import type { CommandOf } from './command.ts'
import { openInventory } from './open-files.ts'
import type { World } from './world.ts'

/** `runbook inventory`: what ansible-inventory prints of the same files. */
export function inventoryCommand({ targets, view, output }: CommandOf<'inventory'>, world: World): 0 {
  const whole = openInventory(targets.inventories, { world, output })
  const inventory =
    targets.limit === undefined ? whole : narrowed(whole, unwrap(selectHosts(whole, 'all', targets.limit)))
  world.stdout.write(render(inventory, view))
  return 0
}

function render(inventory: Inventory, view: CommandOf<'inventory'>['view']): string {
  switch (view.kind) {
    case 'graph':
      return inventoryGraph(inventory, view.detail)
    case 'list':
      return view.format === 'yaml' ? yamlText(inventoryTree(inventory)) : sortedJsonText(inventoryList(inventory))
    case 'host': {
      const vars = plainVars(knownHost(inventory, view.host).vars)
      return view.format === 'yaml' ? yamlText(vars) : sortedJsonText(vars)
    }
  }
}

/** A host by name. Throws ProblemError kind reference. */
export function knownHost(inventory: Inventory, name: string): Host {
  const host = hostOf(inventory, hostName(name))
  if (host) return host
  const hint = suggest(name, inventory.hosts.keys())
  throw new ProblemError({
    kind: 'reference',
    message: `the inventory has no host ${name}`,
    ...(hint === undefined ? {} : { hint }),
  })
}
