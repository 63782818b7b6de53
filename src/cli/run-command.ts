import type { Command } from './command.ts'
import type { ExitCode } from './exit-code.ts'
import type { World } from './world.ts'

/** The table of contents: each command's own file is loaded when it is called, and nothing else is. */
export async function runCommand(command: Command, world: World): Promise<ExitCode> {
  switch (command.kind) {
    case 'list':
      return (await import('./list-command.ts')).listCommand(command, world)
    case 'show':
      return (await import('./show-command.ts')).showCommand(command, world)
    case 'validate':
      return (await import('./validate-command.ts')).validateCommand(command, world)
    case 'match':
      return (await import('./match-command.ts')).matchCommand(command, world)
    case 'diagnose':
      return (await import('./diagnose-command.ts')).diagnoseCommand(command, world)
    case 'profile':
      return (await import('./profile-command.ts')).profileCommand(command, world)
    case 'plan':
      return (await import('./plan-command.ts')).planCommand(command, world)
    case 'apply':
      return (await import('./apply-command.ts')).applyCommand(command, world)
    case 'resume':
      return (await import('./resume-command.ts')).resumeCommand(command, world)
    case 'rollback':
      return (await import('./rollback-command.ts')).rollbackCommand(command, world)
    case 'runs':
      return (await import('./runs-command.ts')).runsCommand(command, world)
    case 'clean':
      return (await import('./clean-command.ts')).cleanCommand(command, world)
    case 'unlock':
      return (await import('./unlock-command.ts')).unlockCommand(command, world)
    case 'report':
      return (await import('./report-command.ts')).reportCommand(command, world)
    case 'ping':
      return (await import('./ping-command.ts')).pingCommand(command, world)
    case 'trust':
      return (await import('./trust-command.ts')).trustCommand(command, world)
    case 'inventory':
      return (await import('./inventory-command.ts')).inventoryCommand(command, world)
    case 'vars':
      return (await import('./vars-command.ts')).varsCommand(command, world)
    case 'modules':
      return (await import('./modules-command.ts')).modulesCommand(command, world)
    case 'explain':
      return (await import('./explain-command.ts')).explainCommand(command, world)
    case 'schema':
      return (await import('./schema-command.ts')).schemaCommand(world)
  }
}
