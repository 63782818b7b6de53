import type { Command } from './command.ts'
import {
  CONFIRM,
  FROM_ANSIBLE,
  INVENTORY,
  IRREVERSIBLE,
  LIMIT,
  LIST_HOSTS,
  type Option,
  OUTPUT,
  REACH,
  SECRETS,
  STATE,
  VARIABLES,
} from './option-table.ts'

/** What help, the parser and docs/cli.md know of one command. */
export interface CommandRow {
  readonly kind: Command['kind']
  readonly group: 'Look' | 'Do' | 'Look back' | 'Hosts' | 'Language'
  readonly args: readonly { readonly spelling: string; readonly help: string }[]
  readonly summary: string
  readonly options: readonly Option[]
  readonly examples: readonly string[]
}

const RUNBOOK = { spelling: '<runbook>', help: 'name of a runbook, or its file' }

/** Every command in the order of its help. */
export const COMMANDS: readonly CommandRow[] = [
  {
    kind: 'list',
    group: 'Look',
    args: [],
    summary: 'list the runbooks there are, with the symptoms they are for',
    options: OUTPUT,
    examples: ['runbook list'],
  },
  {
    kind: 'show',
    group: 'Look',
    args: [RUNBOOK],
    summary: 'tell what a runbook does: parameters, guards, measures, stages',
    options: OUTPUT,
    examples: ['runbook show etcd-tune-timeouts'],
  },
  {
    kind: 'validate',
    group: 'Look',
    args: [{ spelling: '[runbooks...]', help: 'names or files; none: all there are' }],
    summary: 'check runbooks and inventories without connecting to anything',
    options: [
      ...INVENTORY,
      ...LIMIT,
      ...VARIABLES,
      { flags: '--strict', help: 'warnings fail as errors do' },
      { flags: '--format <format>', help: 'text, json, github or sarif (default: text)' },
      ...OUTPUT,
    ],
    examples: [
      'runbook validate',
      'runbook validate ./fix.yaml -i lab.yaml',
      'runbook validate --strict --format github',
    ],
  },
  {
    kind: 'plan',
    group: 'Do',
    args: [RUNBOOK],
    summary: 'look at the hosts and show exactly what apply would change; changes nothing',
    options: [
      ...INVENTORY,
      ...LIMIT,
      ...VARIABLES,
      { flags: '--out <file>', help: 'keep the plan, for `runbook apply FILE`' },
      { flags: '--detailed-exitcode', help: 'exit 2 when there is something to change' },
      ...LIST_HOSTS,
      ...REACH,
      ...STATE,
      ...OUTPUT,
      ...FROM_ANSIBLE,
      { flags: '-C, --check', help: 'accepted: a plan changes nothing', hidden: true },
    ],
    examples: [
      'runbook plan etcd-tune-timeouts -i lab.yaml',
      'runbook plan etcd-tune-timeouts --set election_ms=5000 --out plan.json',
    ],
  },
  {
    kind: 'apply',
    group: 'Do',
    args: [{ spelling: '[runbook]', help: 'name of a runbook, its file, or a plan kept with `plan --out`' }],
    summary: 'plan, ask, change, measure; undo what was changed when it fails',
    options: [
      ...INVENTORY,
      ...LIMIT,
      ...VARIABLES,
      ...CONFIRM,
      ...IRREVERSIBLE,
      { flags: '-C, --check', help: 'only plan' },
      ...LIST_HOSTS,
      ...REACH,
      ...STATE,
      ...OUTPUT,
      ...FROM_ANSIBLE,
    ],
    examples: [
      'runbook apply etcd-tune-timeouts -i lab.yaml',
      'runbook apply plan.json --yes',
      'runbook apply --inventory lab.yaml',
    ],
  },
  {
    kind: 'resume',
    group: 'Do',
    args: [{ spelling: '<run>', help: 'id of a run, its beginning, or `last`' }],
    summary: 'go on with a run that was interrupted, as the same run',
    options: [
      {
        flags: '--settle <step@host=done>',
        help: 'what became of a step in doubt: done or not-done; repeatable',
        repeat: true,
      },
      { flags: '--accept-changes', help: 'go on although the runbook has changed since' },
      ...INVENTORY,
      ...SECRETS,
      ...CONFIRM,
      ...IRREVERSIBLE,
      ...REACH,
      ...STATE,
      ...OUTPUT,
    ],
    examples: ['runbook resume last', 'runbook resume 01J9ZC --settle move-data@e1=done'],
  },
  {
    kind: 'rollback',
    group: 'Do',
    args: [{ spelling: '<run>', help: 'id of a run, its beginning, or `last`' }],
    summary: 'undo what a run changed, newest first',
    options: [...INVENTORY, ...SECRETS, ...CONFIRM, ...REACH, ...STATE, ...OUTPUT],
    examples: ['runbook rollback last', 'runbook rollback 01J9ZC --yes'],
  },
  {
    kind: 'runs',
    group: 'Look back',
    args: [{ spelling: '[run]', help: 'id of a run, its beginning, or `last`' }],
    summary: 'list what was run, or the events of one run',
    options: [...STATE, ...OUTPUT],
    examples: ['runbook runs', 'runbook runs last --json'],
  },
  {
    kind: 'report',
    group: 'Look back',
    args: [{ spelling: '<run>', help: 'id of a run, its beginning, or `last`' }],
    summary: 'what a run changed where, and what was measured before and after',
    options: [{ flags: '--format <format>', help: 'text, markdown or json (default: text)' }, ...STATE, ...OUTPUT],
    examples: ['runbook report last', 'runbook report 01J9ZC --format markdown > report.md'],
  },
  {
    kind: 'ping',
    group: 'Hosts',
    args: [{ spelling: '[pattern]', help: 'hosts, default all' }],
    summary: 'connect to hosts: address, user, root rights, round trip',
    options: [...INVENTORY, ...LIMIT, ...REACH, ...OUTPUT],
    examples: ['runbook ping -i lab.yaml', 'runbook ping etcd'],
  },
  {
    kind: 'trust',
    group: 'Hosts',
    args: [{ spelling: '<pattern>', help: 'hosts' }],
    summary: "show hosts' keys and remember them as known",
    options: [
      { flags: '--replace', help: 'put changed keys in place of the known ones' },
      ...INVENTORY,
      ...LIMIT,
      ...CONFIRM,
      ...REACH,
      ...OUTPUT,
    ],
    examples: ['runbook trust e1 -i lab.yaml', 'runbook trust e1 --replace -i lab.yaml'],
  },
  {
    kind: 'inventory',
    group: 'Hosts',
    args: [],
    summary: 'print the inventory as ansible-inventory does',
    options: [
      { flags: '--list', help: 'groups and variables of hosts as JSON (default)' },
      { flags: '--graph', help: 'groups as a tree' },
      { flags: '--vars', help: 'with --graph: variables too' },
      { flags: '--host <name>', help: 'variables of one host as JSON' },
      { flags: '-y, --yaml', help: 'with --list and --host: YAML; groups as a tree' },
      ...INVENTORY,
      ...LIMIT,
      ...OUTPUT,
    ],
    examples: ['runbook inventory --graph -i lab.yaml'],
  },
  {
    kind: 'vars',
    group: 'Hosts',
    args: [
      { spelling: '<host>', help: 'name of a host' },
      { spelling: '[name]', help: 'name of a variable; none: all' },
    ],
    summary: "print a host's values, where each comes from and what it overrode",
    options: [
      { flags: '-r, --runbook <name>', help: "with this runbook's parameters" },
      ...INVENTORY,
      ...VARIABLES,
      ...OUTPUT,
    ],
    examples: [
      'runbook vars e1 -i lab.yaml',
      'runbook vars e1 election_ms -r etcd-tune-timeouts --set election_ms=5000',
    ],
  },
  {
    kind: 'modules',
    group: 'Language',
    args: [{ spelling: '[name]', help: 'name of a module; none: list them' }],
    summary: 'what steps can do, and with which arguments',
    options: OUTPUT,
    examples: ['runbook modules', 'runbook modules env_file'],
  },
  {
    kind: 'explain',
    group: 'Language',
    args: [{ spelling: '[topic]', help: 'id of a rule, an exit code or a module; none: list the rules' }],
    summary: 'tell what a rule of validate is for, and how to put it right',
    options: OUTPUT,
    examples: ['runbook explain', 'runbook explain shell-without-check', 'runbook explain 9'],
  },
  {
    kind: 'schema',
    group: 'Language',
    args: [],
    summary: 'print the JSON Schema of runbooks, for editors',
    options: OUTPUT,
    examples: ['runbook schema > schema/runbook.schema.json'],
  },
]
