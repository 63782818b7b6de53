import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GENESIS, open, seal } from '../../src/journal/chain.ts'
import { sha256 } from '../../src/model/digest.ts'
import type { RecordedEvent } from '../../src/model/event.ts'
import { hostName, stepId } from '../../src/model/id.ts'

const event = (n: number): RecordedEvent => ({
  type: 'step-finished',
  host: hostName('e1'),
  stage: 0,
  step: stepId(`s${n}`),
  result: 'changed',
  summary: `é "${'y'.repeat(n * 13)}"\n,"h":"`,
})

function journalOf(count: number): { readonly bytes: Buffer; readonly ends: readonly number[] } {
  const lines: Buffer[] = []
  let hash = GENESIS
  for (let seq = 0; seq < count; seq += 1) {
    const sealed = seal({ seq, time: '2026-01-01T00:00:00.000Z', event: event(seq) }, hash)
    lines.push(Buffer.from(sealed.line))
    hash = sealed.hash
  }
  const ends = lines.map((_, index) => lines.slice(0, index + 1).reduce((sum, line) => sum + line.length, 0))
  return { bytes: Buffer.concat(lines), ends }
}

const { bytes, ends } = journalOf(6)

test('what was sealed opens as it was', () => {
  const opened = open(bytes)
  expect(opened).toMatchObject({ torn: 0, length: bytes.length })
  expect(opened.records.map((record) => record.event)).toEqual([0, 1, 2, 3, 4, 5].map(event))
})

test('whatever was cut off at the end, every whole record before it is read', () => {
  for (let length = 0; length <= bytes.length; length += 1) {
    const whole = ends.filter((end) => end <= length).length
    const opened = open(bytes.subarray(0, length))
    expect(opened.damagedAt).toBeUndefined()
    expect([opened.records.length, opened.length]).toEqual([whole, whole === 0 ? 0 : ends[whole - 1]])
  }
})

test('a flipped bit anywhere is never read as another record', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
      const broken = Buffer.from(bytes)
      broken[at] = (broken[at] ?? 0) ^ (1 << bit)
      const opened = open(broken)
      expect(opened.records.length).toBeLessThanOrEqual(ends.findIndex((end) => at < end))
      expect(opened.damagedAt !== undefined || opened.torn > 0).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('a record that is missing from the middle is damage, named by its line', () => {
  const [first = 0, second = 0] = ends
  const without = Buffer.concat([bytes.subarray(0, first), bytes.subarray(second)])
  expect(open(without)).toMatchObject({ damagedAt: 2 })
})

test('a journal of another format is told as that, not as damage', () => {
  const body = `{"v":2,"seq":0,"time":"t","event":{"type":"future"},"prev":"${GENESIS}"`
  const line = `${body},"h":"${sha256(`${body}}`)}"}\n`
  expect(() => open(Buffer.from(line))).toThrow('the journal has format 2, and this version reads 1')
})
