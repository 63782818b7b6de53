import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Command } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/command-table.ts'
import { parseCommand } from '../../src/cli/parse-command.ts'
import type { Problem } from '../../src/model/problem.ts'

const commandOf = (...argv: readonly string[]): Command => {
  const parsed = parseCommand(argv)
  if (parsed.kind !== 'command') throw new Error(JSON.stringify(parsed))
  return parsed.command
}

const mistakeOf = (...argv: readonly string[]): Problem => {
  const parsed = parseCommand(argv)
  if (parsed.kind !== 'mistake') throw new Error(JSON.stringify(parsed))
  return parsed.problem
}

const helpOf = (...argv: readonly string[]): string => {
  const parsed = parseCommand(argv)
  if (parsed.kind !== 'help') throw new Error(JSON.stringify(parsed))
  return parsed.text
}

describe('arguments become a command', () => {
  test('inventories, limits and values are collected in their order', () => {
    expect(
      commandOf('plan', 'fix', '-i', 'a', '-i', 'b', '-l', 'etcd', '--set', 'x=1', '-e', 'y=2', '-e', '@v.yaml'),
    ).toMatchObject({
      kind: 'plan',
      name: 'fix',
      targets: { inventories: ['a', 'b'], limit: 'etcd', set: ['x=1', 'y=2'], varsFiles: ['v.yaml'] },
    })
  })

  test('defaults ask for everything that changes something', () => {
    expect(commandOf('apply', 'fix')).toMatchObject({
      approval: { changes: 'ask', irreversible: 'ask', input: 'allowed' },
      reach: { forks: 10, becomePassword: 'none' },
      only: 'apply',
      output: { format: 'text', view: 'auto', colour: 'auto', detail: 'normal' },
    })
  })

  test.each([
    ['--yes', { approval: { changes: 'given' } }],
    ['-y', { approval: { changes: 'given' } }],
    ['--auto-approve', { approval: { changes: 'given' } }],
    ['--allow-irreversible', { approval: { irreversible: 'given' } }],
    ['--no-input', { approval: { input: 'never' } }],
    ['--check', { only: 'plan' }],
    ['-C', { only: 'plan' }],
    ['--list-hosts', { only: 'hosts' }],
    ['-D', { only: 'apply' }],
    ['-K', { reach: { becomePassword: 'ask' } }],
    ['--json', { output: { format: 'json' } }],
    ['--plain', { output: { view: 'plain' } }],
    ['--no-color', { output: { colour: 'never' } }],
    ['-v', { output: { detail: 'verbose' } }],
    ['-q', { output: { detail: 'quiet' } }],
    ['--connection=local', { reach: { connection: 'local' } }],
    ['-T5', { reach: { timeoutMs: 5000 } }],
    ['-f50', { reach: { forks: 50 } }],
    ['--state-dir=/x', { stateDir: '/x' }],
  ])('apply %s', (option, meaning) => {
    expect(commandOf('apply', 'fix', option)).toMatchObject(meaning)
  })

  test('options may stand before or after the name', () => {
    expect(commandOf('plan', '-i', 'lab.yaml', 'fix')).toEqual(commandOf('plan', 'fix', '--inventory=lab.yaml'))
  })
})

describe('mistakes are told with what to do', () => {
  test.each([
    [['paln'], "unknown command 'paln'", 'did you mean plan?'],
    [['plan', 'fix', '--lmit', 'x'], "unknown option '--lmit'", 'did you mean --limit?'],
    [['plan'], "missing required argument 'runbook'", 'runbook plan --help'],
    [['plan', 'a', 'b'], "too many arguments for 'plan'", 'runbook plan --help'],
    [['plan', 'a', '-i'], "option '-i, --inventory <file>' argument missing", 'runbook plan --help'],
  ])('%j', (argv, message, hint) => {
    const problem = mistakeOf(...argv)
    expect(problem.kind).toBe('usage')
    expect(problem.message).toContain(message)
    expect(problem.hint).toContain(hint)
  })

  test.each([
    [['-f', '0'], '--forks wants a whole number from 1 to 500, not "0"'],
    [['-f', 'many'], '--forks wants'],
    [['-T', '1.5'], '--timeout wants'],
    [['--connection', 'winrm'], '--connection wants ssh, openssh, local, not "winrm"'],
    [['--set', 'novalue'], '--set wants name=value, not "novalue"'],
    [['-q', '-v'], 'contradict'],
  ])('plan x %j', (options, message) => {
    expect(mistakeOf('plan', 'x', ...options)).toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(message),
    })
  })

  test.each([
    ['--start-at-task=x', 'run `runbook apply NAME` again'],
    ['--syntax-check', 'runbook validate'],
    ['--list-tasks', 'runbook show'],
    ['--tags', '--limit'],
    ['--become', 'become: true'],
    ['--vault-id', '--vault-password-file'],
  ])('what Ansible users type: %s', (word, hint) => {
    expect(mistakeOf('apply', 'x', word)).toMatchObject({ kind: 'usage', hint: expect.stringContaining(hint) })
  })

  test('behind -- nothing is an option', () => {
    expect(commandOf('plan', '--', '--tags')).toMatchObject({ name: '--tags' })
  })

  test('whatever is typed, parsing answers and never throws', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('plan', 'apply', '-i', '--set', '-e', '--', '-h', 'help', '--json', '__proto__', 'constructor'),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
        expect(['command', 'help', 'mistake']).toContain(parseCommand(argv).kind)
      }),
    )
  })
})

describe('help', () => {
  test('of the program', async () => {
    await expect(helpOf('--help')).toMatchFileSnapshot('golden/help.txt')
    expect(helpOf()).toBe(helpOf('--help'))
  })

  test.each(COMMANDS.map((row) => row.kind))('of %s', async (kind) => {
    await expect(helpOf(kind, '--help')).toMatchFileSnapshot(`golden/help-${kind}.txt`)
    expect(helpOf('help', kind)).toBe(helpOf(kind, '--help'))
  })

  test('fits 80 columns', () => {
    const all = ['', ...COMMANDS.map((row) => row.kind)]
      .map((kind) => helpOf(...(kind === '' ? [] : [kind]), '--help'))
      .join('\n')
    expect(all.split('\n').filter((line) => line.length > 80 && !line.startsWith('  $'))).toEqual([])
  })
})
