import { CommanderError, Command as Parser, Option as ParserOption } from 'commander'
import type { Problem } from '../model/problem.ts'
import { ansibleWord } from './ansible-words.ts'
import type { Command } from './command.ts'
import { type Raw, toCommand } from './command-of.ts'
import type { CommandRow } from './command-row.ts'
import { COMMANDS } from './command-table.ts'
import type { Option } from './option-table.ts'

/** What the arguments come to: something to do, help to print, or a mistake. */
export type Parsed =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'mistake'; readonly problem: Problem; readonly help?: string }

/** Arguments after the program's name -> what to do; touches nothing. */
export function parseCommand(argv: readonly string[]): Parsed {
  if (argv.length === 0) return parseCommand(['--help'])
  const pointer = ansibleWord(argv)
  if (pointer) return { kind: 'mistake', problem: pointer }
  const said: string[] = []
  const chosen: { row: CommandRow; args: readonly string[]; raw: Raw }[] = []
  const named = COMMANDS.filter((row) => row.kind === argv[0])
  const parser = programFor({
    rows: named.length > 0 ? named : COMMANDS, // making all of them costs milliseconds
    say: (text) => said.push(text),
    choose: (choice) => chosen.push(choice),
  })
  try {
    parser.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0 || error.code === 'commander.help') return { kind: 'help', text: said.join('') }
    return { kind: 'mistake', problem: mistake(error.message, argv) }
  }
  const [choice] = chosen
  return choice ? toParsed(toCommand(choice)) : { kind: 'help', text: said.join('') }
}

const toParsed = (result: ReturnType<typeof toCommand>): Parsed =>
  result.ok ? { kind: 'command', command: result.value } : { kind: 'mistake', problem: result.problems[0] }

/** "error: unknown option '--lmit'\n(Did you mean --limit?)" as a problem. */
function mistake(message: string, argv: readonly string[]): Problem {
  const [first = '', suggestion] = message.replace(/^error: /, '').split('\n')
  const command = COMMANDS.find((row) => row.kind === argv[0])?.kind
  const help = `see \`runbook ${command === undefined ? '' : `${command} `}--help\``
  const didYouMean = suggestion?.match(/^\(Did you mean (?:one of )?(.*)\?\)$/)?.[1]
  return {
    kind: 'usage',
    message: first,
    hint: didYouMean === undefined ? help : `did you mean ${didYouMean}? ${help}`,
  }
}

interface Choice {
  readonly row: CommandRow
  readonly args: readonly string[]
  readonly raw: Raw
}

interface Telling {
  readonly rows: readonly CommandRow[]
  readonly say: (text: string) => void
  readonly choose: (choice: Choice) => void
}

function programFor({ rows, say, choose }: Telling): Parser {
  const program = new Parser('runbook')
    .description('Remediation runbooks over SSH: a plan that is true, a rollback that is real, proof by measurement.')
    .usage('<command> [options]')
    .option('-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help; `runbook help <command>` for one command')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: say,
      writeErr: say,
      outputError: () => undefined,
      getOutHelpWidth: () => 80,
      getErrHelpWidth: () => 80,
    })
    .configureHelp({ showGlobalOptions: false, subcommandTerm: (command) => command.name() })
  program.addHelpCommand(new Parser('help').argument('[command]').summary('print help').helpGroup('Language:'))
  for (const row of rows) addCommand(program, row, choose)
  return program.addHelpText('after', `\n${PROGRAM_NOTES}`)
}

const PROGRAM_NOTES = `Start here:
  $ runbook list
  $ runbook plan etcd-tune-timeouts -i inventories/lab.yaml
  $ runbook apply etcd-tune-timeouts -i inventories/lab.yaml

Exit codes: 0 ok, 1 internal, 2 changes (plan --detailed-exitcode), 3 usage,
4 unreachable, 5 no hosts, 6 failed and rolled back, 7 failed,
8 rollback failed, 9 stale plan or lock, 10 target missed, 130 interrupted.`

function addCommand(program: Parser, row: CommandRow, choose: (choice: Choice) => void): void {
  const command = program
    .command(row.kind)
    .summary(row.summary)
    .description(sentence(row.summary))
    .helpGroup(`${row.group}:`)
  for (const argument of row.args) command.argument(argument.spelling, argument.help)
  for (const option of row.options) command.addOption(parserOption(option))
  command.helpOption('-h, --help', 'print this help')
  command.addHelpText('after', `\nExamples:\n${row.examples.map((example) => `  $ ${example}`).join('\n')}`)
  command.action(() => choose({ row, args: command.args, raw: command.opts() }))
}

const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}.`

function parserOption(option: Option): ParserOption {
  const made = new ParserOption(option.flags, option.help).hideHelp(option.hidden === true)
  return option.repeat ? made.argParser((value: string, sofar: string[] = []) => [...sofar, value]) : made
}
