import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCorefile } from '../../../src/modules/k8s/corefile.ts'
import { withHosts } from '../../../src/modules/k8s/corefile-hosts.ts'

const kubeadm = readFileSync(
  path.join(import.meta.dirname, '../../fixtures/coredns/Corefile-kubeadm-default.txt'),
  'utf8',
)
const harbor = { ip: '10.0.0.5', names: ['harbor.example.com'] }
const wanted = { zone: '.', entries: [harbor], ttl: 60 }
const why = (text: string, more: Partial<typeof wanted> = {}): string => {
  try {
    return `no error: ${withHosts(text, { ...wanted, ...more })}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

describe('a Corefile', () => {
  test('is blocks of plugins, with comments and quotations left to them', () => {
    const [block] = parseCorefile(
      '# mine {\n.:53 example.org {\n  log "a { b" # }\n  forward . 1.1.1.1 {\n    except x\n  }\n}\n',
    )
    expect(block).toMatchObject({ words: ['.:53', 'example.org'], line: 2, lastLine: 7 })
    expect(block?.body?.map(({ words, line, lastLine }) => [words, line, lastLine])).toEqual([
      [['log', 'a { b'], 3, 3],
      [['forward', '.', '1.1.1.1'], 4, 6],
    ])
  })

  test.each([
    ['.:53 {\n  errors\n', 'line 1: braces that are never closed'],
    ['}\n', 'line 1: a closing brace without an opening one'],
    ['.:53 {\n  {\n  }\n}\n', 'line 2: braces without a word before them'],
    ['.:53\nerrors\n', 'line 1: server blocks without braces are not known here'],
    ['.:53 {\n  log "a\n}\n', 'line 2: a quotation that does not end on its line'],
  ])('that is broken is refused with its line: %j', (text, message) => {
    expect(why(text)).toBe(message)
  })
})

describe('names', () => {
  test('come into the Corefile of kubeadm before what answers, and pass on what they do not know', () => {
    const added = '    hosts {\n       10.0.0.5 harbor.example.com\n       ttl 60\n       fallthrough\n    }\n'
    expect(withHosts(kubeadm, wanted)).toBe(kubeadm.replace('    kubernetes ', `${added}    kubernetes `))
  })

  test('are there once, however often they are asked for', () => {
    const once = withHosts(kubeadm, wanted)
    expect(withHosts(once, wanted)).toBe(once)
  })

  test('join a block that is there, which keeps its time and gets the missing fallthrough', () => {
    const own = '.:53 {\n  hosts {\n    10.0.0.1 a.example.com b.example.com\n    ttl 10\n  }\n  forward . 1.1.1.1\n}\n'
    const entries = [harbor, { ip: '10.0.0.1', names: ['b.example.com', 'c.example.com'] }]
    expect(withHosts(own, { ...wanted, entries })).toBe(
      '.:53 {\n  hosts {\n    10.0.0.1 a.example.com b.example.com\n    10.0.0.5 harbor.example.com\n    10.0.0.1 c.example.com\n    ttl 10\n    fallthrough\n  }\n  forward . 1.1.1.1\n}\n',
    )
  })

  test('give a hosts without braces some', () => {
    expect(withHosts('.:53 {\n\thosts /etc/hosts\n\tforward . 1.1.1.1\n}\n', wanted)).toBe(
      '.:53 {\n\thosts /etc/hosts {\n\t   10.0.0.5 harbor.example.com\n\t   fallthrough\n\t}\n\tforward . 1.1.1.1\n}\n',
    )
  })

  test('go into the block of their zone alone', () => {
    const two = 'example.org:5353 {\n  forward . 2.2.2.2\n}\ndns://.:53 {\n  forward . 1.1.1.1\n}\n'
    expect(withHosts(two, wanted).startsWith('example.org:5353 {\n  forward . 2.2.2.2\n}\n')).toBe(true)
  })

  test.each([
    ['a second hosts', `.:53 {\n  hosts\n  hosts {\n  }\n}\n`, 'line 3: a second hosts in one server block'],
    [
      'another address',
      '.:53 {\n  hosts {\n    10.9.9.9 harbor.example.com\n  }\n}\n',
      'line 3: harbor.example.com has the address 10.9.9.9 already',
    ],
    ['no such zone', 'example.org {\n  log\n}\n', 'there is no server block for .'],
    ['two such zones', '. {\n  log\n}\n.:53 {\n  log\n}\n', 'line 4: there is a second server block'],
    ['an import', '.:53 {\n  import custom/*.override\n}\n', 'line 2: imports custom/*.override'],
    ['everything on one line', '.:53 { forward . 1.1.1.1 }\n', 'laid out in a way that is not known here'],
    ['a hosts with a comment behind it', '.:53 {\n  hosts # mine\n}\n', 'laid out in a way that is not known here'],
  ])('are refused where there is %s', (_, text, message) => {
    expect(why(text)).toContain(message)
  })

  test('are refused where they would hide services, and where an address is none', () => {
    expect(why(kubeadm, { entries: [{ ip: '10.0.0.5', names: ['a.b.svc.cluster.local'] }] })).toContain(
      "the cluster's own zone cluster.local",
    )
    expect(why(kubeadm, { entries: [{ ip: '10.0.0.555', names: ['a.example.com'] }] })).toContain(
      '10.0.0.555 is no address',
    )
  })

  test('are there afterwards whatever else there is, or are refused, and nothing else changes', () => {
    const line = fc.constantFrom(
      'errors',
      'log # why',
      'cache 30',
      '# {',
      'forward . 1.1.1.1 {\n    except a\n  }',
      'kubernetes cluster.local',
      '',
    )
    const hosts = fc.constantFrom(
      'hosts',
      'hosts /etc/hosts',
      'hosts {\n  }',
      'hosts {\n    1.1.1.1 x.example.com\n    fallthrough\n  }',
      'hosts {\n    # none\n    ttl 5\n  }',
    )
    const block = fc
      .tuple(fc.array(line, { maxLength: 4 }), fc.option(hosts), fc.array(line, { maxLength: 4 }))
      .map(
        ([before, own, after]) =>
          `.:53 {\n${[...before, ...(own ? [own] : []), ...after].map((one) => `  ${one}\n`).join('')}}\n`,
      )
    fc.assert(
      fc.property(block, (text) => {
        const edited = withHosts(text, wanted)
        const kept = new Set(edited.split('\n'))
        expect(text.split('\n').filter((one) => !kept.has(one) && !/^ *hosts/.test(one))).toEqual([])
        expect(edited).toContain('10.0.0.5 harbor.example.com\n')
        expect(withHosts(edited, wanted)).toBe(edited)
      }),
    )
  })
})
