import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editEnv } from '../../../src/modules/files/env-edit.ts'
import { joinEnv, parseEnv, valueIn } from '../../../src/modules/files/env-text.ts'

const key = fc.constantFrom('A', 'B', 'ETCD_X', '_y1')
const value = fc.string({ unit: fc.constantFrom(...'ab1 \t=#;\'"\\$`é-/:,%') })
const noise = fc.string({ unit: fc.constantFrom(...'AB= #;\'"\\\n\r\t1é') })
const line = fc.oneof(
  fc.tuple(key, fc.constantFrom('=1', '="a b"', "='c'", '=x # y', '=', '="q\\"w"')).map((parts) => parts.join('')),
  fc.constantFrom('', '# note', '#A=shadow', '; old', 'export B=2', '  ETCD_X = 5', 'garbage'),
)
const envText = fc
  .tuple(fc.array(line), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, eol, closed]) => lines.join(eol) + (closed && lines.length > 0 ? eol : ''))

test('pieces of any text join to the same text', () => {
  fc.assert(
    fc.property(noise, (text) => {
      expect(joinEnv(parseEnv(text))).toBe(text)
    }),
  )
})

test('a value that is set is in force, whatever it is, and setting it again changes nothing', () => {
  fc.assert(
    fc.property(envText, key, value, (text, name, wanted) => {
      const edit = editEnv(text, { set: { [name]: wanted }, unset: [] })
      if (edit.kind === 'trap') return
      expect(valueIn(parseEnv(edit.text), name)).toBe(wanted)
      expect(editEnv(edit.text, { set: { [name]: wanted }, unset: [] })).toMatchObject({ text: edit.text, changed: [] })
    }),
  )
})

test('lines that hold other keys stay byte for byte', () => {
  fc.assert(
    fc.property(envText, key, value, (text, name, wanted) => {
      const edit = editEnv(text, { set: { [name]: wanted }, unset: [] })
      if (edit.kind === 'trap') return
      const others = (whole: string) =>
        parseEnv(whole)
          .filter((piece) => piece.kind === 'assignment' && piece.key !== name)
          .map((piece) => piece.text.trimEnd())
      expect(others(edit.text)).toEqual(others(text))
    }),
  )
})

test('a key that is unset is gone, and the rest stays', () => {
  fc.assert(
    fc.property(envText, key, (text, name) => {
      const edit = editEnv(text, { set: {}, unset: [name] })
      if (edit.kind === 'trap') return
      expect(valueIn(parseEnv(edit.text), name)).toBeUndefined()
    }),
  )
})

test('a shell that sources the text reads the same value', () => {
  const values = fc.sample(value, 300)
  const text = values.reduce((whole, wanted, index) => {
    const edit = editEnv(whole, { set: { [`K${index}`]: wanted }, unset: [] })
    return edit.kind === 'text' ? edit.text : whole
  }, '')
  const print = values.map((_, index) => `printf '%s\\0' "$K${index}"`).join('\n')
  const read = execFileSync('/bin/sh', ['-c', `${text}\n${print}`]).toString('utf8')
  expect(read.split('\0').slice(0, -1)).toEqual(values)
})

test('values are read as systemd reads them', () => {
  const read = (text: string) => valueIn(parseEnv(text), 'K')
  expect(read('K=a b  \n')).toBe('a b')
  expect(read('K="a b"  \n')).toBe('a b')
  expect(read("K='a\\nb'\n")).toBe('a\\nb')
  expect(read('K="a\\"b\\$c\\x"\n')).toBe('a"b$c\\x')
  expect(read('K=a\\\nb\n')).toBe('ab')
  expect(read('K="a\nb"\n')).toBe('a\nb')
  expect(read('K=a"b"\n')).toBe('a"b"')
  expect(read('K=1\nexport K=2\n')).toBe('1')
  expect(read('#K=1\n')).toBeUndefined()
  expect(read('K=\r\n')).toBe('')
})

test('the trap of two assignments on one line names the key and the line', () => {
  const text = '6秒检测频率\nETCD_HEARTBEAT_INTERVAL=6000 ETCD_ELECTION_TIMEOUT=30000\n'
  expect(editEnv(text, { set: { ETCD_ELECTION_TIMEOUT: '5000' }, unset: [] })).toEqual({
    kind: 'trap',
    key: 'ETCD_ELECTION_TIMEOUT',
    line: 'ETCD_HEARTBEAT_INTERVAL=6000 ETCD_ELECTION_TIMEOUT=30000',
  })
})
