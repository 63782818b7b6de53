import { expect, test } from 'vitest'
import { standingPatch, withoutVainNulls } from '../../../src/modules/k8s/json-patch.ts'

const object = { spec: { limits: { cpu: '1' }, args: ['a'] } }

test('a removal that is done is left out, so that the patch can be asked for again', () => {
  const remove = (path: string) => ({ op: 'remove', path })
  expect(standingPatch([remove('/spec/limits/cpu'), remove('/spec/limits/memory')], object)).toEqual([
    remove('/spec/limits/cpu'),
  ])
})

test.each([
  [[{ op: 'add', path: '/spec/args/-', value: 'b' }], 'each time anew'],
  [[{ op: 'remove', path: '/spec/args/0' }], 'each time anew'],
  [[{ op: 'move', path: '/spec/a', from: '/spec/b' }], 'add, replace, remove and test'],
  [[{ op: 'add' }], 'no path'],
  [{ spec: {} }, 'a list'],
])('%j is refused', (patch, why) => {
  expect(standingPatch(patch, object)).toEqual({ refused: expect.stringContaining(why) })
})

test('a null that removes nothing is left out of a merge, one that removes something stays', () => {
  const limits = { containers: [{ name: 'one', limits: { cpu: null, memory: '1Mi' } }] }
  expect(withoutVainNulls(limits, { containers: [{ name: 'one' }] })).toEqual({
    containers: [{ name: 'one', limits: { memory: '1Mi' } }],
  })
  const held = { containers: [{ name: 'zero' }, { name: 'one', limits: { cpu: '100m' } }] }
  expect(withoutVainNulls(limits, held)).toEqual(limits)
})
