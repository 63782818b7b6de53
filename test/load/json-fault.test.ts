import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonFaultAt } from '../../src/load/json-fault.ts'

it.each([
  ['', 0],
  ['hello', 0],
  ['{"a": }', 6],
  ['{"a": 1,}', 8],
  ['[1 2]', 3],
  ['{"a" 1}', 5],
  ["{'a': 1}", 1],
  ['{"a": 1', 7],
  ['{} {}', 3],
  ['[1]]', 3],
  ['{"a": nul}', 6],
  ['[}', 1],
  ['{"a": "x\n"}', 6],
])('the first character that is no JSON is found: %s', (text, offset) => {
  expect(jsonFaultAt(text)).toBe(offset)
})

it('a text cut short is right up to its end', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.nat(), (text, cut) => {
      const short = text.slice(0, cut % text.length)
      fc.pre(!isJson(short))
      // A number, word or text that is cut is wrong from where it begins.
      expect(jsonFaultAt(short)).toBeGreaterThanOrEqual(short.search(/(?:"(?:[^"\\]|\\.)*\\?|[\w.+-]*)$/))
    }),
  )
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
