import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/command-table.ts'
import { EXIT_CODES } from '../../src/cli/exit-code.ts'
import { parseCommand } from '../../src/cli/parse-command.ts'
import { ROOT } from './spawn-runbook.ts'

const docs = readFileSync(path.join(ROOT, 'docs/cli.md'), 'utf8')

test('the documented exit codes are those of the code, word for word', () => {
  const [, section = ''] = docs.split('## Exit codes')
  const rows = [...section.matchAll(/^\| (\d+) *\| (.*?) *\|$/gm)].map(([, code, text]) => [code, text])
  expect(Object.fromEntries(rows)).toEqual(EXIT_CODES)
})

test('every command is documented with the summary that help gives', () => {
  const missing = COMMANDS.filter(
    (row) => !new RegExp(`^\\| \`${row.kind}[^|]*\` *\\| ${escaped(row.summary)}`, 'm').test(docs),
  )
  expect(missing.map((row) => row.kind)).toEqual([])
})

test('every option is documented', () => {
  const flags = new Set(
    COMMANDS.flatMap((row) => row.options.flatMap((option) => option.flags.match(/--[a-z-]+/g) ?? [])),
  )
  expect([...flags].filter((flag) => !docs.includes(`\`${flag}`))).toEqual([])
})

test('every command of the README is one', () => {
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8')
  const lines = [...readme.matchAll(/^ {4}(?:npx|\$) runbook (.*?)(?: +#.*)?$/gm)].map(([, line = '']) => line)
  expect(lines.length).toBeGreaterThan(8)
  for (const line of lines) expect(parseCommand(line.split(' ')).kind, line).toBe('command')
})

const escaped = (text: string): string => text.replaceAll(/[[\]().*+?^$|\\]/g, '\\$&')
