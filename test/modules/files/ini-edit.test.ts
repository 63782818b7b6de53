import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editIni, iniValue } from '../../../src/modules/files/ini-edit.ts'

const line = fc.constantFrom(
  'k=1',
  'k = 2',
  'l: x ; y',
  'bare',
  '[a]',
  '[b]',
  ' [a] # x',
  '# k=3',
  '',
  '  more',
  'k k=v',
  '=',
)
const iniText = fc
  .tuple(fc.array(line), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, eol, closed]) => lines.join(eol) + (closed && lines.length > 0 ? eol : ''))
const key = fc.constantFrom('k', 'l', 'bare', 'k k', 'new')
const section = fc.constantFrom('', 'a', 'b', 'new')
const value = fc.string({ unit: fc.constantFrom(...'ab1=:;#[]$"\' ') }).map((text) => text.trim())

test('a value that is set is there, and setting it again changes nothing', () => {
  fc.assert(
    fc.property(iniText, section, key, value, (text, where, name, wanted) => {
      const edits = { section: where, set: { [name]: wanted }, unset: [] }
      const edit = editIni(text, edits)
      if (edit.kind === 'refused') return
      expect(iniValue(edit.text, { section: where, key: name })).toBe(wanted)
      expect(editIni(edit.text, edits)).toMatchObject({ text: edit.text })
    }),
  )
})

test('a key that is unset is gone, and the values of the others stay', () => {
  fc.assert(
    fc.property(iniText, section, key, section, key, (text, where, name, elsewhere, other) => {
      const edit = editIni(text, { section: where, set: {}, unset: [name] })
      if (edit.kind === 'refused') return
      expect(iniValue(edit.text, { section: where, key: name })).toBeUndefined()
      if (elsewhere === where && other === name) return
      const place = { section: elsewhere, key: other }
      expect(iniValue(edit.text, place)).toBe(iniValue(text, place))
    }),
  )
})

test('setting a key leaves the values of all others', () => {
  fc.assert(
    fc.property(iniText, section, key, section, key, (text, where, name, elsewhere, other) => {
      const edit = editIni(text, { section: where, set: { [name]: 'v' }, unset: [] })
      if (edit.kind === 'refused' || (elsewhere === where && other === name)) return
      const place = { section: elsewhere, key: other }
      expect(iniValue(edit.text, place)).toBe(iniValue(text, place))
    }),
  )
})
