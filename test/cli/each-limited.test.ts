import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eachLimited } from '../../src/cli/each-limited.ts'

test('results keep the order of the items, and never more than the limit are worked on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat()), fc.integer({ min: 1, max: 5 }), async (items, limit) => {
      let [running, most] = [0, 0]
      const results = await eachLimited(items, limit, async (item) => {
        running += 1
        most = Math.max(most, running)
        for (let turn = 0; turn < item % 3; turn += 1) await Promise.resolve()
        running -= 1
        return item * 2
      })
      expect(results).toEqual(items.map((item) => item * 2))
      expect(most).toBeLessThanOrEqual(limit)
    }),
  )
})
