import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quote } from '../../src/model/command.ts'
import { escapeLine } from '../../src/model/escape.ts'
import { makeRedactor } from '../../src/model/redact.ts'

const SECRET = `p"a's & w\\örd/+%=`
const redactor = makeRedactor([SECRET])
const base64 = (text: string): string => Buffer.from(text).toString('base64')

const spellings: Readonly<Record<string, string>> = {
  plain: SECRET,
  json: JSON.stringify(SECRET),
  'json in json': JSON.stringify(JSON.stringify(SECRET)),
  url: encodeURIComponent(SECRET),
  'a form': new URLSearchParams({ key: SECRET }).toString(),
  'lower-case url': encodeURIComponent(SECRET).toLowerCase(),
  shell: quote(SECRET),
  'shell in json': JSON.stringify(quote(SECRET)),
  'printf %q of bash': spawnSync('bash', ['-c', 'printf %q "$1"', '-', SECRET]).stdout.toString(),
  'printf %q in the C locale': spawnSync('bash', ['-c', 'printf %q "$1"', '-', SECRET], {
    env: { LC_ALL: 'C' },
  }).stdout.toString(),
  html: SECRET.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
  'json in ASCII': JSON.stringify(SECRET).replaceAll('ö', '\\u00f6'),
  'escaped for a terminal': escapeLine(SECRET),
  base64: base64(SECRET),
  'base64 after one byte': base64(`x${SECRET}y`),
  'base64 after two bytes': base64(`xy${SECRET}yz`),
  'base64 over lines': base64(SECRET).replaceAll(/(.{7})/g, '$1\n'),
  base64url: Buffer.from(`:${SECRET}`).toString('base64url'),
}

/** As much of a secret as one may still see of it: what base64 shares with its neighbours. */
const wordsOf = (text: string): readonly string[] => text.match(/[A-Za-z0-9+/]{5,}/g) ?? []

describe('a secret in a text is replaced', () => {
  test.each(Object.entries(spellings))('%s', (_, spelling) => {
    const shown = redactor.text(`before ${spelling} after`)
    expect(shown).toContain('***')
    expect(wordsOf(shown.replace('before', '').replace('after', '').replace('key=', ''))).toEqual([])
  })

  test('in values of any depth, names of members and numbers included', () => {
    const { json } = makeRedactor(['12345678'])
    expect(json({ a: [12345678, 'x12345678y'], '12345678': null, ok: 1234567 })).toEqual({
      a: ['***', 'x***y'],
      '***': null,
      ok: 1234567,
    })
  })

  test('in each line of a secret of several lines, as a diff shows them', () => {
    const key = '-----BEGIN KEY-----\nabcdefghijkl\nmnopqrstuvwx\n'
    expect(makeRedactor([key]).text('+abcdefghijkl\n+mnopqrstuvwx\n+\n')).toBe('+***\n+***\n+\n')
  })
})

test('values of less than four characters are left: they are in every text', () => {
  expect(makeRedactor(['a', '', 'abc']).text('a abc')).toBe('a abc')
})

test('the longer of two secrets goes first', () => {
  expect(makeRedactor(['pass', 'password']).text('password pass')).toBe('*** ***')
})

const secretText = fc.string({ minLength: 4, maxLength: 30, unit: 'grapheme' }).filter((text) => !text.includes('*'))

test('text that comes in pieces is redacted as the whole of it is', () => {
  const cases = fc.record({
    secret: secretText,
    around: fc.array(fc.string({ maxLength: 8 }), { minLength: 1, maxLength: 4 }),
    write: fc.constantFrom((text: string) => text, JSON.stringify, base64, encodeURIComponent, quote),
    cuts: fc.array(fc.nat(100), { maxLength: 10 }),
  })
  fc.assert(
    fc.property(cases, ({ secret, around, write, cuts }) => {
      fc.pre(!secret.includes('\0'))
      const whole = around.join(write(secret))
      const own = makeRedactor([secret])
      const stream = own.stream()
      const ends = [...new Set(cuts.filter((cut) => cut < whole.length))].sort((a, b) => a - b)
      const pieces = [0, ...ends].map((start, index) => whole.slice(start, ends[index] ?? whole.length))
      const shown = pieces.map((piece) => stream.push(piece)).join('') + stream.flush()
      expect(shown).toBe(own.text(whole))
    }),
    { numRuns: 500 },
  )
})

test('a stream holds back no more than what may be the beginning of a secret', () => {
  const stream = redactor.stream()
  expect(stream.push('all of this is shown p"a')).toBe('all of this is shown ')
  expect(stream.push('nd this')).toBe('p"and this')
})
