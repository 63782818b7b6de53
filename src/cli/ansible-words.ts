import type { Problem } from '../model/problem.ts'

/** What Ansible users type and we have not, or have under another name: the word and what to do instead. */
const POINTERS: readonly (readonly [words: readonly string[], hint: string])[] = [
  [['--syntax-check'], 'use `runbook validate NAME`'],
  [['--list-tasks', '--list-tags'], 'use `runbook show NAME`: it lists every step'],
  [
    ['--start-at-task', '--step'],
    'a plan decides every step anew and does only what is needed: run `runbook apply NAME` again',
  ],
  [['-t', '--tags', '--skip-tags'], 'narrow the hosts with --limit, or write a smaller runbook; steps carry no tags'],
  [
    ['-b', '--become', '--become-user', '--become-method'],
    'a runbook says itself where it needs root (`become: true`), by sudo',
  ],
  [['-k', '--ask-pass'], 'log in with a key (--private-key, ssh-agent); ansible_password is read from the inventory'],
  [['--vault-id'], 'give each password with --vault-password-file, or with --ask-vault-pass: all of them are tried'],
  [['--ask-vault-password'], 'use --ask-vault-pass'],
  [['--flush-cache', '--force-handlers'], 'nothing is cached, and an owed restart stays owed until it happened'],
  [['-M', '--module-path'], 'see `runbook modules` for what there is'],
]

/** The usage problem for the first word of Ansible's command line among `argv`, if there is one. */
export function ansibleWord(argv: readonly string[]): Problem | undefined {
  const end = argv.indexOf('--')
  for (const word of end < 0 ? argv : argv.slice(0, end)) {
    const [flag] = word.split('=')
    const pointer = POINTERS.find(([words]) => words.some((known) => known === flag))
    if (pointer) return { kind: 'usage', message: `there is no ${flag} here`, hint: pointer[1] }
  }
  return undefined
}
