/** One option: as commander spells flags, what it is for, and whether it may be given several times. */
export interface Option {
  readonly flags: string
  readonly help: string
  readonly repeat?: true
  readonly hidden?: true // understood, but not advertised
}

export const OUTPUT: readonly Option[] = [
  { flags: '-v, --verbose', help: 'also show what needs no change, all facts, and output as it comes' },
  { flags: '-q, --quiet', help: 'only results and errors' },
  { flags: '--json', help: 'for machines: JSON, or one event per line' },
  { flags: '--plain', help: 'plain lines, never a live tree' },
  { flags: '--no-color', help: 'no colours (also: NO_COLOR, TERM=dumb)' },
]

export const STATE: readonly Option[] = [
  { flags: '--state-dir <folder>', help: 'where runs are recorded (default: ~/.local/state/runbook)' },
]

export const INVENTORY: readonly Option[] = [
  { flags: '-i, --inventory <file>', help: 'inventory file, or its name under inventories/; repeatable', repeat: true },
  {
    flags: '--vault-password-file <file>',
    help: 'password of ansible-vault, or a program that prints it; repeatable',
    repeat: true,
  },
  { flags: '-J, --ask-vault-pass', help: 'ask for the password of ansible-vault' },
]

export const LIMIT: readonly Option[] = [{ flags: '-l, --limit <pattern>', help: 'only these hosts: a:&b:!c' }]

export const VARIABLES: readonly Option[] = [
  { flags: '-e, --set <name=value>', help: 'set a parameter or variable; repeatable', repeat: true },
  { flags: '--vars-file <file>', help: 'values from a YAML file; repeatable', repeat: true },
]

/** Of commands that go on with a run, or undo one. */
export const SECRETS: readonly Option[] = [
  { flags: '-e, --set <name=source>', help: 'where a secret of the run comes from now; repeatable', repeat: true },
  { flags: '--vars-file <file>', help: 'a file with secrets of the run; repeatable', repeat: true },
]

export const REACH: readonly Option[] = [
  { flags: '-f, --forks <n>', help: 'hosts worked on at a time (default: 10)' },
  { flags: '-u, --user <name>', help: 'log in as this user' },
  { flags: '--private-key <file>', help: 'log in with this key' },
  { flags: '--connection <kind>', help: 'ssh, openssh or local' },
  { flags: '-T, --timeout <seconds>', help: 'to connect (default: 10)' },
  { flags: '-K, --ask-become-pass', help: 'ask for the sudo password' },
]

export const CONFIRM: readonly Option[] = [
  { flags: '-y, --yes', help: 'do not ask' },
  { flags: '--auto-approve', help: 'as --yes', hidden: true },
  { flags: '--no-input', help: 'never ask: what would need an answer fails' },
]

export const IRREVERSIBLE: readonly Option[] = [
  { flags: '--allow-irreversible', help: 'agree to changes that cannot be undone' },
]

export const LIST_HOSTS: readonly Option[] = [{ flags: '--list-hosts', help: 'print the hosts and stop' }]

/** What fingers used to Ansible type; the plan shows differences anyway. */
export const FROM_ANSIBLE: readonly Option[] = [
  { flags: '-D, --diff', help: 'accepted: a plan always shows differences', hidden: true },
]
