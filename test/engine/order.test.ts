import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeBatches } from '../../src/engine/order.ts'
import { splitAtCommit } from '../../src/engine/undo.ts'
import { undoOrder } from '../../src/engine/undo-order.ts'
import type { ChangeRecord } from '../../src/model/run-record.ts'
import type { BatchSize } from '../../src/model/runbook.ts'
import { names, restart, setKey, step } from './world.ts'

const hosts = (count: number) => names(...Array.from({ length: count }, (_, index) => `h${index}`))
const sizes = (count: number, batch: readonly BatchSize[]) =>
  makeBatches(hosts(count), batch).map((members) => members.length)

test('batches follow their sizes, the last one repeats, a percentage is never below one host', () => {
  expect(sizes(5, [1])).toEqual([1, 1, 1, 1, 1])
  expect(sizes(10, [1, 3, '50%'])).toEqual([1, 3, 5, 1])
  expect(sizes(3, ['25%'])).toEqual([1, 1, 1])
})

test('every host is in exactly one batch, in order', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 60 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
      (count, batch) => {
        expect(makeBatches(hosts(count), batch).flat()).toEqual(hosts(count))
      },
    ),
  )
})

test('undoing goes backwards, but a restart comes after all it follows', () => {
  const steps = [
    step('a', setKey, {}),
    step('go-a', restart, {}, { whenChanged: ['a'] }),
    step('b', setKey, {}),
    step('c', setKey, {}),
    step('go-bc', restart, {}, { whenChanged: ['b', 'c'] }),
  ]
  const changes = steps.map(({ id }) => ({ step: id }) as ChangeRecord) // only the id matters to the order
  expect(undoOrder(changes, steps).map((change) => change.step)).toEqual(['c', 'b', 'go-bc', 'a', 'go-a'])
})

test('beyond a point of no return nothing before it is undone by itself', () => {
  const steps = [step('a', setKey, {}), step('start', restart, {}, { commit: true }), step('b', setKey, {})]
  const changes = steps.map(({ id }) => ({ step: id }) as ChangeRecord) // only the id matters
  const ids = (records: readonly ChangeRecord[]) => records.map((record) => record.step)
  const { before, from } = splitAtCommit(changes, steps)
  expect([ids(before), ids(from)]).toEqual([['a'], ['start', 'b']])
  expect(ids(splitAtCommit(changes.slice(0, 1), steps).from)).toEqual(['a'])
})
