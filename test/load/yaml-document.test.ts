import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Dialect } from '../../src/load/yaml-dialect.ts'
import { parseYaml } from '../../src/load/yaml-document.ts'
import { keySpan, toJson, valueSpan } from '../../src/load/yaml-node.ts'
import type { Json } from '../../src/model/json.ts'

const value = (text: string, dialect: Dialect = 'runbook'): Json => {
  const parsed = parseYaml('x.yaml', text, dialect)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return toJson(parsed.value)
}

const messages = (text: string, dialect: Dialect = 'runbook'): readonly string[] => {
  const parsed = parseYaml('x.yaml', text, dialect)
  return parsed.ok ? [] : parsed.problems.map(({ message }) => message)
}

describe('runbooks are YAML 1.2 core', () => {
  it('keeps the words that YAML 1.1 takes for booleans', () => {
    expect(value('a: no\nb: on\nc: y\nd: true\n')).toEqual({ a: 'no', b: 'on', c: 'y', d: true })
  })

  it('reads numbers, null and text', () => {
    expect(value('a: 12\nb: -1.5\nc: 0x1f\nd: ~\ne: 12:30\nf: 1_000\ng:\n')).toEqual({
      ...{ a: 12, b: -1.5, c: 31, d: null, e: '12:30', f: '1_000', g: null },
    })
  })

  it('takes a merge key for a key like others', () => {
    expect(value('"<<": {a: 1}\n')).toEqual({ '<<': { a: 1 } })
  })

  it('takes windows line ends', () => {
    expect(value('a: 1\r\nb:\r\n  - 2\r\n')).toEqual({ a: 1, b: [2] })
  })

  it('takes the largest exact integer and refuses the next', () => {
    expect(value('a: 9007199254740991\n')).toEqual({ a: Number.MAX_SAFE_INTEGER })
    expect(messages('a: 9007199254740992\n')).toEqual(['this number is beyond 2^53 and would be rounded'])
  })

  it('compares keys by their text: 1 and "1" are the same', () => {
    expect(messages('1: a\n"1": b\n')).toEqual(['the key 1 is here twice, first in line 1'])
  })

  it('takes no key of several lines, which would break the messages that name it', () => {
    expect(messages('"a\\nb": 1\n')).toEqual(['a key may not hold a line break'])
    expect(messages('"a\\nb": 1\n', 'inventory')).toEqual([])
  })

  it('tells all duplicate keys at once', () => {
    expect(messages('a: 1\na: 2\nb: {c: 1, c: 2}\n')).toHaveLength(2)
  })
})

describe('inventories are YAML 1.1 as PyYAML reads it', () => {
  it('reads booleans, octal and sexagesimal numbers', () => {
    expect(value('a: yes\nb: 0644\nc: 12:30\nd: Off\ne: 1_000\n', 'inventory')).toEqual({
      ...{ a: true, b: 420, c: 750, d: false, e: 1000 },
    })
  })

  it('keeps as text what PyYAML keeps as text', () => {
    expect(value('a: y\nb: 1e3\nc: e02\nd: 08\ne: 2020-01-01\nf: 1.5e3\n', 'inventory')).toEqual({
      ...{ a: 'y', b: '1e3', c: 'e02', d: '08', e: '2020-01-01', f: '1.5e3' },
    })
  })

  it('follows aliases and merges maps, own keys winning', () => {
    const text = 'base: &b {x: 1, y: 2}\nhost:\n  <<: *b\n  y: 3\nboth:\n  <<: [*b, {z: 4}]\n'
    expect(value(text, 'inventory')).toEqual({
      base: { x: 1, y: 2 },
      host: { x: 1, y: 3 },
      both: { x: 1, y: 2, z: 4 },
    })
  })

  it('takes the last anchor of a name before the alias', () => {
    expect(value('a: &x 1\nb: *x\nc: &x 2\nd: *x\n', 'inventory')).toEqual({ a: 1, b: 1, c: 2, d: 2 })
  })
})

describe('sizes are bounded', () => {
  it('refuses a runbook of more than 256 KiB, and reads an inventory of that size', () => {
    const text = `a: ${'x'.repeat(60)}\n`.concat('# comment\n'.repeat(27_000))
    expect(messages(text)).toEqual(['x.yaml is larger than 256 KiB'])
    expect(messages(text, 'inventory')).toEqual([])
  })

  it('refuses a value of 5 MB by the size of the file, and one of 100 KB by its own', () => {
    expect(messages(`a: ${'x'.repeat(5_000_000)}\n`)).toEqual(['x.yaml is larger than 256 KiB'])
    expect(messages(`a: ${'x'.repeat(100_000)}\n`)).toEqual(['this text is longer than 65536 characters'])
  })

  it('refuses nesting that would exhaust the stack, whatever brackets it is made of', () => {
    for (const piece of ['[', '{a: ', '- ', '? ', '[{a: ']) {
      expect(messages(piece.repeat(2000)).length, piece).toBeGreaterThan(0)
    }
  })
})

describe('places', () => {
  const tree = parseYaml('x.yaml', 'a:\n  - b: "c d"\n    e/f: 1\n', 'runbook')

  it('a JSON pointer leads to the place of its value', () => {
    expect(tree.ok && valueSpan(tree.value, '/a/0/b')).toEqual({ file: 'x.yaml', line: 2, column: 8, length: 5 })
  })

  it('a JSON pointer and a key lead to the place of the key', () => {
    expect(tree.ok && keySpan(tree.value, '/a/0', 'e/f')).toEqual({ file: 'x.yaml', line: 3, column: 5, length: 3 })
  })

  it('a pointer to what is not there leads to what holds it', () => {
    expect(tree.ok && valueSpan(tree.value, '/a/0/e~1f/deeper')).toMatchObject({ line: 3, column: 10 })
  })
})

describe('whatever the text', () => {
  const pieces = fc.constantFrom(
    ...['a', ':', ' ', '\n', '-', '[', ']', '{', '}', '"', "'", '\t', '&x', '*x', '!!str', '|', '>', '#', '%', '---'],
    ...[
      '\\',
      '<<',
      '?',
      ',',
      '0',
      '.5',
      '~',
      '\u0000',
      '\ufeff',
      '\u202e',
      '\r',
      '__proto__',
      '{{ a }}',
      '@',
      '`',
      '\ud800',
    ],
  )
  const yamlish = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(''))

  it.each<Dialect>(['runbook', 'inventory'])(
    'reading a %s answers and never throws',
    (dialect) => {
      fc.assert(
        fc.property(fc.oneof(yamlish, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
          const parsed = parseYaml('x.yaml', text, dialect)
          if (parsed.ok) return JSON.stringify(toJson(parsed.value)) !== undefined
          return parsed.problems.every(({ kind, at }) => kind === 'yaml' && (at?.line ?? 0) > 0)
        }),
        { numRuns: 500 },
      )
    },
    60_000,
  )

  it('JSON is read as JSON reads it', () => {
    const keys = fc.string({ maxLength: 8 }).filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key))
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(null, true, false),
        fc.integer(),
        fc.string({ maxLength: 10 }),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(keys, tie('tree'), { maxKeys: 3 }),
      ),
    }))
    fc.assert(
      fc.property(fc.dictionary(keys, tree, { minKeys: 1, maxKeys: 4 }), (data) => {
        const text = JSON.stringify(data).replaceAll(/[\x7f-\x9f]/g, '')
        expect(value(text)).toEqual(JSON.parse(text))
      }),
    )
  })
})

describe('text that is deeper than the stack is refused at its line', () => {
  const depth = 40_000
  it.each([
    ['keys in a line', `a: 1\n${'"b": '.repeat(depth)}`],
    ['brackets', `a: 1\nb: ${'['.repeat(depth)}`],
    ['dashes', `a: 1\nb:\n${'- '.repeat(depth)}x`],
  ])('%s', (_, text) => {
    const tree = parseYaml('x.yaml', text, 'runbook')
    const [problem] = tree.ok ? [] : tree.problems
    expect(problem).toMatchObject({ kind: 'yaml', message: expect.stringMatching(/nested/) })
    expect(problem?.at?.line).toBeGreaterThan(1)
  })
})
