import { expect, it } from 'vitest'
import { splitIniWords } from '../../src/load/ini-words.ts'

it.each([
  ['e1 a=1  b=2', ['e1', 'a=1', 'b=2']],
  ['e1 a="b c"', ['e1', 'a=b c']],
  [`e1 a='"x" \\y'`, ['e1', 'a="x" \\y']],
  ['e1 a="\\"q\\" \\n \\\\"', ['e1', 'a="q" \\n \\']],
  ['e1 a\\ b=1', ['e1', 'a b=1']],
  ['e1 # a comment', ['e1']],
  ['e1 a=x#y z', ['e1', 'a=x']],
  ["e1 a=''", ['e1', 'a=']],
])('a line of hosts is split as a shell does: %s', (line, words) => {
  const split = splitIniWords(line)
  expect(split.ok && split.words.map(({ text }) => text)).toEqual(words)
})

it('an open quote and a lonely backslash are told with their place', () => {
  expect(splitIniWords('e1 a="b')).toMatchObject({ ok: false, at: 5 })
  expect(splitIniWords('e1 a\\')).toMatchObject({ ok: false, at: 4 })
})
