import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dropLines, putLine, type WantedLine } from '../../../src/modules/files/line-edit.ts'
import { linesOf } from '../../../src/modules/files/text-edit.ts'

const anyText = fc
  .tuple(fc.string({ unit: fc.constantFrom(...'ab#= \n') }), fc.constantFrom('\n', '\r\n'))
  .map(([text, eol]) => text.replaceAll('\n', eol))
const anyLine = fc.string({ minLength: 1, unit: fc.constantFrom(...'ab#= ') })
const anyPlace: fc.Arbitrary<WantedLine['place']> = fc.constantFrom(
  { kind: 'start' },
  { kind: 'end' },
  { kind: 'after', anchor: /^a/ },
  { kind: 'before', anchor: /b$/ },
)
const anyMatch = fc.constantFrom({}, { match: /^#?a/ }, { match: /=/ })

test('the lines of any text join to the same text', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(linesOf(text).join('')).toBe(text)
    }),
  )
})

test('a line that was put is there, and putting it again changes nothing', () => {
  fc.assert(
    fc.property(anyText, anyLine, anyPlace, anyMatch, (text, line, place, match) => {
      const edit = putLine(text, { line, place, ...match })
      if (edit.kind === 'refused') return
      expect(edit.text.split(/\r?\n/)).toContain(line)
      expect(putLine(edit.text, { line, place, ...match })).toMatchObject({ text: edit.text })
    }),
  )
})

test('putting a line changes one line at most, and keeps the order of the others', () => {
  fc.assert(
    fc.property(anyText, anyLine, anyPlace, anyMatch, (text, line, place, match) => {
      const edit = putLine(text, { line, place, ...match })
      if (edit.kind === 'refused') return
      const [before, after] = [bareLines(text), bareLines(edit.text)]
      const at = after.findIndex((one, index) => one !== before[index])
      if (at < 0) return
      const replaced = after.length === before.length ? 1 : 0
      expect([...before.slice(0, at), line, ...before.slice(at + replaced)]).toEqual(after)
    }),
  )
})

test('what was dropped is gone, and nothing else is', () => {
  fc.assert(
    fc.property(anyText, anyLine, (text, line) => {
      const edit = dropLines(text, line)
      if (edit.kind === 'refused') return
      expect(bareLines(edit.text)).toEqual(bareLines(text).filter((one) => one !== line))
    }),
  )
})

const bareLines = (text: string): readonly string[] => linesOf(text).map((one) => one.replace(/\r?\n$/, ''))
