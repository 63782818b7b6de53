import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeLine, escapeText } from '../../src/model/escape.ts'
import { HOSTILE, isSafe } from './hostile.ts'

test.each(HOSTILE.map((text) => [JSON.stringify(text), text]))('%s reaches no terminal', (_, text) => {
  expect(isSafe(text)).toBe(false)
  expect(isSafe(escapeText(text))).toBe(true)
})

test('whatever text comes, nothing unsafe is left, and a line stays one line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(isSafe(escapeText(text))).toBe(true)
      expect(escapeLine(text)).not.toMatch(/[\n\t]/)
    }),
  )
})

test('ordinary text, accents, emoji and tabs stay as they are', () => {
  expect(escapeText('Zürich ✓ 😀\n\tx')).toBe('Zürich ✓ 😀\n\tx')
})

test('escapes can be read', () => {
  expect(escapeText('\u001b[31m\u202e\r')).toBe('\\x1b[31m\\u{202e}\\r')
})
