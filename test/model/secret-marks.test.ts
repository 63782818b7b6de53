import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quote } from '../../src/model/command.ts'
import { Secret } from '../../src/model/secret.ts'
import { secretMarks } from '../../src/model/secret-marks.ts'

const none = (name: string): never => {
  throw new Error(`unknown ${name}`)
}

const marks = secretMarks([{ name: 'db_password', secret: new Secret(`it's "secret"`) }])

test('a secret is kept as its name, as it is, in a word of a shell, and in JSON', () => {
  const args = {
    content: `password=it's "secret"`,
    script: `login ${quote(`it's "secret"`)}`,
    json: `"it's \\"secret\\""`,
  }
  expect(marks.conceal(args)).toEqual({
    content: 'password=***db_password***',
    script: "login '***db_password:s***'",
    json: '"***db_password:j***"',
  })
  expect(marks.reveal(marks.conceal(args), none)).toEqual(args)
})

test('a text of a host cannot ask for a secret', () => {
  const forged = { said: '***db_password*** *****db_password***** ***~*** ****' }
  expect(marks.reveal(marks.conceal(forged), none)).toEqual(forged)
})

test('any text comes back as it was, and never holds the secret meanwhile', () => {
  const piece = fc.oneof(
    fc.constantFrom('*', '**', '***', '~', 'name', ':s', 'top secret'),
    fc.string({ maxLength: 5 }),
  )
  const own = secretMarks([{ name: 'name', secret: new Secret('top secret') }])
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('')
      expect(own.conceal(text)).not.toContain('top secret')
      expect(own.reveal(own.conceal(text), none)).toBe(text)
    }),
    { numRuns: 2000 },
  )
})

test('a mark whose secret has no value now is told', () => {
  const missing: string[] = []
  expect(secretMarks([]).reveal('x***gone***', (name) => missing.push(name))).toBe('x***gone***')
  expect(missing).toEqual(['gone'])
})
