import { suggest } from '../load/nearest.ts'
import { ProblemError } from '../model/problem.ts'
import { createModules } from '../modules/index.ts'
import { moduleListText, moduleText } from '../report/module-text.ts'
import type { CommandOf } from './command.ts'
import { styleFor } from './look.ts'
import type { World } from './world.ts'

/** `runbook modules [NAME]`: what steps can do. */
export function modulesCommand(command: CommandOf<'modules'>, world: World): 0 {
  const modules = createModules()
  const style = styleFor(world.stdout, { world, output: command.output })
  const chosen =
    command.name === undefined
      ? [...modules.values()]
      : [modules.get(command.name) ?? unknown(command.name, modules.keys())]
  if (command.output.format === 'json') {
    const shown = chosen.map(({ name, summary, effect, args, example, revert }) => ({
      name,
      summary,
      effect,
      reversible: revert !== undefined,
      args,
      example,
    }))
    world.stdout.write(`${JSON.stringify(command.name === undefined ? shown : shown[0], undefined, 2)}\n`)
  } else if (command.name === undefined) world.stdout.write(moduleListText(chosen, style))
  else for (const module of chosen) world.stdout.write(moduleText(module, style))
  return 0
}

function unknown(name: string, known: Iterable<string>): never {
  throw new ProblemError({
    kind: 'reference',
    message: `no module is called "${name}"`,
    hint: suggest(name, known) ?? 'see `runbook modules`',
  })
}
