import { ProblemError, problemsOf } from '../model/problem.ts'
import type { Output } from './command.ts'
import { type ExitCode, exitCodeOfProblems } from './exit-code.ts'
import { keepingSecrets } from './keeping-secrets.ts'
import type { Parsed } from './parse-command.ts'
import type { Outside, World } from './world.ts'

const PLAIN_OUTPUT: Output = { format: 'text', view: 'plain', colour: 'auto', detail: 'normal' }

const VERSION_WORDS = ['--version', '-V', 'version']

/** Runs the program once; gives its exit code and never throws. */
export async function runCli(outside: Outside): Promise<ExitCode> {
  const world = keepingSecrets(outside)
  if (VERSION_WORDS.includes(world.argv[0] ?? '')) return (await import('./version.ts')).versionCommand(world)
  const { parseCommand } = await import('./parse-command.ts')
  const parsed = parseCommand(world.argv)
  const output = parsed.kind === 'command' ? parsed.command.output : PLAIN_OUTPUT
  try {
    return await run(parsed, world)
  } catch (error) {
    const problems = problemsOf(error)
    const { tellProblems } = await import('./tell-problems.ts')
    tellProblems(problems, { world, output })
    return exitCodeOfProblems(problems)
  }
}

async function run(parsed: Parsed, world: World): Promise<ExitCode> {
  switch (parsed.kind) {
    case 'help':
      world.stdout.write(`${parsed.text.trimEnd()}\n`)
      return 0
    case 'mistake':
      throw new ProblemError(parsed.problem)
    case 'command': {
      const { command } = parsed
      const opened = command.vault
        ? await (await import('./vault-passwords.ts')).withVaultPasswords(world, command.vault)
        : world
      return (await import('./run-command.ts')).runCommand(command, opened)
    }
  }
}
