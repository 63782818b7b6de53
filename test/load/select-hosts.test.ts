import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadInventory } from '../../src/load/inventory.ts'
import { hostOf, selectHosts } from '../../src/load/select-hosts.ts'
import { hostName } from '../../src/model/id.ts'
import { unwrap } from '../../src/model/problem.ts'
import { problemText } from './problem-text.ts'
import { writeFiles } from './write-files.ts'

const FILE = `
etcd: {hosts: {"e[1:4]": }}
web: {hosts: {"web[1:2].example.com": , e4: }}
prod: {children: {web: }}
lone: {hosts: {"10.0.0.7": , "2001:db8::7": }}
empty: {}
`

const inventory = () => unwrap(loadInventory([join(writeFiles({ 'x.yaml': FILE }), 'x.yaml')]))

const select = (pattern: string, limit?: string): string => {
  const selected = selectHosts(inventory(), pattern, limit)
  return selected.ok ? selected.value.join(' ') : problemText(selected.problems)
}

/** Groups near to `all` first, as Ansible orders them. */
const ALL = 'e1 e2 e3 e4 10.0.0.7 2001:db8::7 web1.example.com web2.example.com'

describe('a pattern selects', () => {
  it.each([
    ['all', ALL],
    ['*', ALL],
    ['etcd', 'e1 e2 e3 e4'],
    ['e3:e1', 'e3 e1'],
    ['e3,e1', 'e3 e1'],
    ['e3 e1', 'e3 e1'],
    ['etcd:!web', 'e1 e2 e3'],
    ['etcd:&prod', 'e4'],
    ['prod:etcd:&etcd:!e4', 'e1 e2 e3'],
    ['!etcd', '10.0.0.7 2001:db8::7 web1.example.com web2.example.com'],
    ['e?', 'e1 e2 e3 e4'],
    ['[ef][12]*', 'e1 e2'],
    ['*.example.com', 'web1.example.com web2.example.com'],
    ['~(e1|web1)', 'e1 web1.example.com'],
    ['~e[2-3]$', 'e2 e3'],
    ['etcd[0]', 'e1'],
    ['etcd[-1]', 'e4'],
    ['etcd[1:2]', 'e2 e3'],
    ['etcd[2:]', 'e3 e4'],
    ['etcd[:1]', 'e1 e2'],
    ['10.0.0.7', '10.0.0.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['localhost', 'localhost'],
  ])('%s', (pattern, hosts) => {
    expect(select(pattern)).toBe(hosts)
  })

  it('what a limit leaves of it', () => {
    expect(select('etcd', 'web:e1')).toBe('e1 e4')
  })

  it('a limit from a file, one pattern a line, beside others', () => {
    const folder = writeFiles({ 'failed.retry': '# from yesterday\ne1\n\n  e[34]*\n!e4\n' })
    expect(select('etcd', `@${folder}/failed.retry`)).toBe('e1 e3')
    expect(select('etcd', `e2,@${folder}/failed.retry`)).toBe('e1 e2 e3')
    expect(select('etcd', '@/nope')).toBe('reference: there is no file of --limit /nope\n')
  })
})

describe('a pattern that selects nobody is an error', () => {
  it.each([
    ['etdc', 'no-hosts: the host pattern etdc: no group or host is named etdc\n    did you mean etcd?\n'],
    [
      'empty',
      'no-hosts: no host matches empty\n    the inventory has these groups: all, etcd, web, prod, lone, empty\n',
    ],
    ['z*', 'no-hosts: no host matches z*\n    the inventory has these groups: all, etcd, web, prod, lone, empty\n'],
    [
      'etcd[9]',
      'no-hosts: the host pattern etcd[9]: etcd has 4 hosts, and none at [9]\n    the inventory has these groups: all, etcd, web, prod, lone, empty\n',
    ],
  ])('%s', (pattern, said) => {
    expect(select(pattern)).toBe(said)
  })

  it('also when a name that is left out does not exist, which would leave nobody out', () => {
    expect(select('all:!prdo')).toContain('no group or host is named prdo\n    did you mean prod?')
  })

  it('also when it is the limit', () => {
    expect(select('etcd', 'lone')).toContain('no host matches etcd and --limit lone')
    expect(select('etcd', 'web5')).toContain('--limit web5: no group or host is named web5')
  })

  it.each(['~(a+)+$', '~(a|a)*', '~((a)*)*', '~(', '~(a)\\1', '', '@file', 'etcd[1-3]', `~${'a'.repeat(300)}`])(
    'malformed: %s',
    (pattern) => {
      expect(select(pattern)).toMatch(/^usage: /)
    },
  )
})

it('localhost need not be in the inventory, and is reached without a connection', () => {
  expect(hostOf(inventory(), hostName('localhost'))?.vars.get('ansible_connection')?.value).toBe('local')
  expect(hostOf(inventory(), hostName('nope'))).toBeUndefined()
})

it('any pattern is answered', () => {
  const known = inventory()
  const pieces = fc.constantFrom(
    'etcd',
    'e1',
    ':',
    ',',
    '!',
    '&',
    '*',
    '?',
    '[',
    ']',
    '0',
    '-',
    '~',
    '(',
    ')',
    '+',
    '.',
    'all',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 10 }), (parts) => {
      const selected = selectHosts(known, parts.join(''))
      return selected.ok ? selected.value.length > 0 : selected.problems[0].message !== ''
    }),
    { numRuns: 1000 },
  )
})
