import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pythonLiteral } from '../../src/load/python-literal.ts'

describe('a value of an INI inventory is', () => {
  it.each([
    ['1', 1],
    [' 1_000 ', 1000],
    ['0x1F', 31],
    ['-1.5e3', -1500],
    ['True', true],
    ['None', null],
    ['\'a\' "b"', 'ab'],
    ["r'\\n'", '\\n'],
    ["'\\x41\\u00e9\\n'", 'Aé\n'],
    ["[1, 'two', (3,), {}]", [1, 'two', [3], {}]],
    ['{"a": {1: None}}', { a: { '1': null } }],
    ['1,2', [1, 2]],
    ['1 # a comment', 1],
  ])('a Python literal: %s', (text, value) => {
    expect(pythonLiteral(text)).toEqual(value)
  })

  it.each([
    '',
    'text',
    '0644',
    'true',
    'yes',
    '10.0.0.1',
    '1+1',
    '[1',
    "'open",
    '1e999',
    '12345678901234567890',
    '1j',
    "b'x'",
  ])('else text as it is written: %s', (text) => {
    expect(pythonLiteral(text)).toBe(text)
  })

  it('never anything but a value or the text itself, whatever is written', () => {
    const pieces = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      '(',
      ')',
      ',',
      ':',
      "'",
      '"',
      '\\',
      '-',
      '1',
      '0',
      '.',
      'e',
      '_',
      'True',
      ' ',
      '#',
      'u',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        expect(() => pythonLiteral(parts.join(''))).not.toThrow()
      }),
    )
  })
})

describe('deep brackets', () => {
  it('are text, and end', () => {
    const deep = '['.repeat(100_000)
    expect(pythonLiteral(deep)).toBe(deep)
  })
})
