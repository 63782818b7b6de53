import { ProblemError } from '../model/problem.ts'
import type { Command } from './command.ts'
import type { ExitCode } from './exit-code.ts'
import type { World } from './world.ts'

/** The table of contents: each command's own file is loaded when it is called, and nothing else is. */
export async function runCommand(command: Command, world: World): Promise<ExitCode> {
  switch (command.kind) {
    case 'runs':
      return (await import('./runs-command.ts')).runsCommand(command, world)
    case 'report':
      return (await import('./report-command.ts')).reportCommand(command, world)
    case 'modules':
      return (await import('./modules-command.ts')).modulesCommand(command, world)
    case 'schema':
      return (await import('./schema-command.ts')).schemaCommand(world)
    default:
      throw new ProblemError({ kind: 'usage', message: `${command.kind} is not wired yet` })
  }
}
