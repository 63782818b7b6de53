import type { CommandRow } from './command-row.ts'
import { CONFIRM, INVENTORY, LIMIT, OUTPUT, REACH, STATE, VARIABLES } from './option-table.ts'

/** Commands about runs of the past. */
export const LOOKING_BACK: readonly CommandRow[] = [
  {
    kind: 'runs',
    group: 'Look back',
    args: [{ spelling: '[run]', help: 'id of a run, its beginning, or `last`' }],
    summary: 'list what was run, the events of one run, or what lies of it on its hosts',
    options: [
      { flags: '--hosts', help: 'look at what lies on its hosts: folders, scripts, whether something still runs' },
      ...INVENTORY,
      ...REACH,
      ...STATE,
      ...OUTPUT,
    ],
    examples: ['runbook runs', 'runbook runs last --json', 'runbook runs 01J9ZC --hosts'],
  },
  {
    kind: 'clean',
    group: 'Look back',
    args: [{ spelling: '<run>', help: 'id of a run, its beginning, or `last`' }],
    summary: 'remove what a run keeps on its hosts; it cannot be rolled back afterwards',
    options: [...INVENTORY, ...CONFIRM, ...REACH, ...STATE, ...OUTPUT],
    examples: ['runbook clean last', 'runbook clean 01J9ZC --yes'],
  },
  {
    kind: 'report',
    group: 'Look back',
    args: [{ spelling: '<run>', help: 'id of a run, its beginning, or `last`' }],
    summary: 'what a run changed where, and what was measured before and after',
    options: [
      { flags: '--format <format>', help: 'text, markdown or json (default: text)' },
      { flags: '--svg <folder>', help: 'draw the profiles that were kept as flame graphs there' },
      ...STATE,
      ...OUTPUT,
    ],
    examples: ['runbook report last', 'runbook report 01J9ZC --format markdown --svg flames > report.md'],
  },
]

/** Commands about hosts and how they are reached. */
export const ABOUT_HOSTS: readonly CommandRow[] = [
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
    kind: 'unlock',
    group: 'Hosts',
    args: [{ spelling: '<lock>', help: 'id of the lock, as the refused command shows it' }],
    summary: 'free hosts that a run which nobody can go on with still holds',
    options: [...INVENTORY, ...LIMIT, ...CONFIRM, ...REACH, ...STATE, ...OUTPUT],
    examples: ['runbook unlock 5f0c1d2e3a4b5c6d -i lab.yaml'],
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
]

/** Commands about the language of runbooks. */
export const ABOUT_THE_LANGUAGE: readonly CommandRow[] = [
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
