import { type CommandRow, RUNBOOK } from './command-row.ts'
import { INVENTORY, LIMIT, OUTPUT, REACH, STATE, VARIABLES } from './option-table.ts'

/** Commands that look, at files or hosts, and change nothing. */
export const LOOKING: readonly CommandRow[] = [
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
    kind: 'match',
    group: 'Look',
    args: [{ spelling: '<files...>', help: 'logs, `-` for standard input' }],
    summary: 'name the runbooks whose symptoms a log shows, with counts and times',
    options: OUTPUT,
    examples: ['journalctl -u etcd -o json | runbook match -', 'runbook match etcd.log kube-apiserver.log --json'],
  },
  {
    kind: 'diagnose',
    group: 'Look',
    args: [{ spelling: '[runbook]', help: 'name of a runbook, or its file; none: all that know causes' }],
    summary: 'look at the hosts and tell the cause of a trouble, with numbers; changes nothing',
    options: [...INVENTORY, ...LIMIT, ...VARIABLES, ...REACH, ...STATE, ...OUTPUT],
    examples: ['runbook diagnose etcd-slow-disk -i lab.yaml', 'runbook diagnose -i lab.yaml --json'],
  },
  {
    kind: 'profile',
    group: 'Look',
    args: [{ spelling: '<file>', help: 'a profile as pprof writes it, gzipped or not' }],
    summary: 'tell what a Go program did most, by its profile; draw it as a flame graph',
    options: [
      { flags: '--before <file>', help: 'an earlier profile, or one of a program that is well, to compare with' },
      { flags: '--svg <file>', help: 'write a flame graph there: one file, to be opened in a browser' },
      { flags: '--format <format>', help: 'text, markdown or json (default: text)' },
      ...OUTPUT,
    ],
    examples: ['runbook profile apiserver.pb.gz', 'runbook profile after.pb.gz --before before.pb.gz --svg cpu.svg'],
  },
]
