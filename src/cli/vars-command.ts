import { suggest } from '../load/nearest.ts'
import { resolveVariables } from '../load/variables.ts'
import type { Origin, Variable, Variables } from '../model/inventory.ts'
import { ProblemError, unwrap } from '../model/problem.ts'
import { locationText } from '../model/source.ts'
import { typeOf, variablesText } from '../report/variable-text.ts'
import type { CommandOf } from './command.ts'
import { knownHost } from './inventory-command.ts'
import { styleFor } from './look.ts'
import { openInventory, openRunbook } from './open-files.ts'
import type { World } from './world.ts'

/** `runbook vars HOST [NAME]`: values, where each comes from, and what it overrode. */
export function varsCommand(command: CommandOf<'vars'>, world: World): 0 {
  const variables = variablesOf(command, world)
  const shown = command.name === undefined ? variables : only(variables, command.name)
  const { output } = command
  world.stdout.write(
    output.format === 'json'
      ? `${JSON.stringify(Object.fromEntries([...shown].map(typed)), undefined, 2)}\n`
      : variablesText(shown, styleFor(world.stdout, { world, output })),
  )
  return 0
}

function variablesOf({ targets, host, runbook, output }: CommandOf<'vars'>, world: World): Variables {
  const inventory = openInventory(targets.inventories, { world, output })
  const { name } = knownHost(inventory, host)
  const of = runbook === undefined ? { name: 'no runbook', params: [] } : openRunbook(runbook, world)
  const { set, varsFiles } = targets
  const resolved = unwrap(resolveVariables({ runbook: of, inventory, hosts: [name], set, varsFiles }))
  const places = new Map(of.params.map((param) => [param.name, locationText(param.at)]))
  const all = resolved.hosts.get(name)?.all ?? new Map<string, Variable>()
  return new Map([...all].map(([key, variable]) => [key, withPlace(variable, places.get(key))]))
}

/** A default stands where its parameter is declared. */
function withPlace({ value, origin, overrode }: Variable, place: string | undefined): Variable {
  const placed = (from: Origin): Origin =>
    from.level === 'default' && place !== undefined ? { ...from, text: `${from.text} (${place})` } : from
  return { value, origin: placed(origin), overrode: overrode.map((one) => ({ ...one, origin: placed(one.origin) })) }
}

const typed = ([name, variable]: readonly [string, Variable]) =>
  [name, { type: typeOf(variable.value), ...variable }] as const

function only(variables: Variables, name: string): Variables {
  const variable = variables.get(name)
  if (variable) return new Map([[name, variable]])
  const hint = suggest(name, variables.keys())
  throw new ProblemError({
    kind: 'reference',
    message: `nothing is called ${name} on this host`,
    hint: hint ?? 'parameters of a runbook show with --runbook NAME',
  })
}
