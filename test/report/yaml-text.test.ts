import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../src/load/yaml-document.ts'
import { toJson } from '../../src/load/yaml-node.ts'
import { canonical, type Json } from '../../src/model/json.ts'
import { unwrap } from '../../src/model/problem.ts'
import { yamlText } from '../../src/report/yaml-text.ts'

// test/differential compares the same text with PyYAML's, byte for byte.

const hard = fc.constantFrom(
  ...[
    '',
    ' ',
    '~',
    'yes',
    'No',
    '0644',
    '1:30',
    '1_000',
    '.5',
    '1e3',
    '2001-01-01',
    '<<',
    '=',
    '- x',
    'a: b',
    'a #b',
    '#',
  ],
  ...[
    '---',
    "it's",
    '"',
    '\\',
    'two\nlines',
    '\n',
    'a\n\nb\n',
    'a \nb',
    'a\n b',
    '\t',
    '\u001b[31m',
    'é ☃',
    '😀',
    '\u2028',
    '\u2066',
    'a\n\u202eb',
    '\ufeff',
  ],
  ...[
    '? k',
    '?k',
    ':',
    'k:',
    '*a',
    '&a',
    '!t',
    '@x',
    '%',
    '`',
    '{{ v }}',
    '[x]',
    'x, y',
    'null',
    '.inf',
    '0x1F',
    '\r',
    '\x85',
  ],
)
const anyText = fc.oneof(
  hard,
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.array(hard, { maxLength: 3 }).map((all) => all.join('')),
)
const text = anyText.filter((one) => !one.includes('\0')) // a text of an inventory may not hold it
const key = text.filter((name) => !['__proto__', 'constructor', 'prototype', '<<'].includes(name))
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    ...[text, fc.integer(), fc.double({ noDefaultInfinity: true, noNaN: true }), fc.boolean(), fc.constant(null)],
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}))

describe('a value as YAML', () => {
  it('is read again as what it was, by the reader of inventories', () => {
    fc.assert(
      fc.property(value, (given) => {
        const printed = yamlText(given)
        // Not against JSON.parse: that of Node 24 and 26 takes a key that is one control character for another.
        expect(canonical(toJson(unwrap(parseYaml('f.yaml', printed, 'inventory')))), printed).toBe(canonical(given))
      }),
      { numRuns: 2000 },
    )
  })

  it('has the marks of block style: sorted keys, dashes under their key, quotes only where needed', () => {
    const given = { b: ['x', { n: 1, m: [] }], a: { mode: '0644', port: 22, empty: {} }, c: 'one\ntwo', d: 1e-5 }
    expect(yamlText(given)).toBe(
      "a:\n  empty: {}\n  mode: '0644'\n  port: 22\nb:\n- x\n- m: []\n  n: 1\nc: 'one\n\n  two'\nd: 1.0e-05\n",
    )
  })
})
