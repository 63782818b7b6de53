import fc from 'fast-check'
import { expect, test } from 'vitest'
import { refuseSchedule } from '../../../src/modules/system/cron-schedule.ts'

test.each(['* * * * *', '*/15 0-6/2 1,15,31 feb SUN', '0\t4  * * 7', '@reboot', '59 23 31 12 0'])(
  'takes %s',
  (text) => {
    expect(refuseSchedule(text)).toBeUndefined()
  },
)

test.each([
  '',
  '@sometimes',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 8',
  '5/2 * * * *',
  '*/0 * * * *',
  '9-3 * * * *',
  '1-2-3 * * * *',
  '1,,2 * * * *',
  '* * * mon *',
  '* * * * * root',
])('refuses %j', (text) => {
  expect(refuseSchedule(text)).toBeTypeOf('string')
})

test('what is taken holds nothing that could end a line or begin another', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'*/,-019 \t\n%#@da') }), (text) => {
      if (refuseSchedule(text) === undefined) expect(text).toMatch(/^[-0-9a-zA-Z*/, \t@]+$/)
    }),
  )
})
