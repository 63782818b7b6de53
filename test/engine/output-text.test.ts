import { expect, test } from 'vitest'
import { outputText } from '../../src/engine/output-text.ts'

function shown(...chunks: readonly (readonly [string | Buffer, 'shown early'?])[]): string {
  let text = ''
  const take = outputText((_, piece) => {
    text += piece
  })
  for (const [chunk, when] of chunks) take('stdout', Buffer.from(chunk), when)
  return text
}

test('a newline that came early is not shown twice', () => {
  expect(shown(['one'], ['\n', 'shown early'])).toBe('one\n')
  expect(shown(['one'], ['\n', 'shown early'], ['\ntwo\n'])).toBe('one\ntwo\n')
  expect(shown(['one'], ['\n', 'shown early'], ['\n'], ['\n', 'shown early'], ['\ntwo'])).toBe('one\n\ntwo')
})

test('a newline that was none, as the command had ended, takes nothing from the next', () => {
  expect(shown(['one'], ['\n', 'shown early'], ['two'])).toBe('one\ntwo')
})

test('a character that is cut in two is shown whole', () => {
  const [first, second] = [Buffer.from('ü').subarray(0, 1), Buffer.from('ü').subarray(1)]
  expect(shown([first], [second])).toBe('ü')
})
