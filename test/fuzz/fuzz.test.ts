import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mostBlocks, startCampaign, tryInput } from './campaign.ts'
import { Finding } from './check.ts'
import { Coverage } from './coverage.ts'
import { mutate, seededRandom } from './mutate.ts'
import type { Target } from './target.ts'
import { TARGETS } from './targets.ts'

// Inputs of earlier fuzzing and as many new ones as take little time; `node test/fuzz/main.ts` goes on for minutes.

const FRESH = 150

describe.each(TARGETS.map((target) => [target.name, target] as const))('whatever is read as %s', (_, target) => {
  test('is answered with a value or problems at their place, and harms no prototype', () => {
    const findings = target.seeds().flatMap((input) => tryInput(target, input) ?? [])
    expect(findings).toEqual([])
  })

  test('in changed inputs too', () => {
    const random = seededRandom(20_261_121)
    const seeds = target.seeds()
    const pick = (): Buffer => seeds[random(seeds.length)] ?? Buffer.alloc(0)
    const findings = Array.from({ length: FRESH }, () => {
      const input = mutate({ input: pick(), other: pick(), words: target.words, random })
      const finding = tryInput(target, input)
      return finding === undefined ? [] : [{ finding, input: input.toString('base64') }]
    })
    expect(findings.flat()).toEqual([])
  })
})

describe('work is counted', () => {
  let coverage: Coverage
  beforeAll(() => {
    coverage = new Coverage()
  })
  afterAll(() => coverage.close())

  test.each(TARGETS.map((target) => [target.name, target] as const))('and bounded for every kept %s', (_, target) => {
    for (const input of target.seeds().slice(-30)) {
      coverage.take()
      tryInput(target, input)
      expect(coverage.take().blocks).toBeLessThan(mostBlocks(input.length))
    }
  })
})

describe('a defect is found', () => {
  const broken = (run: Target['run']): Target => ({
    name: 'broken',
    seeds: () => [Buffer.from('a')],
    words: ['b'],
    run,
  })

  test('that changes what all objects inherit', () => {
    const polluting = broken(() => Object.defineProperty(Object.prototype, 'owned', { value: 1, configurable: true }))
    const said = tryInput(polluting, Buffer.from(''))
    Reflect.deleteProperty(Object.prototype, 'owned')
    expect(said).toBe('a prototype of the language was changed')
  })

  test('that only an input shows which is far from the first one', () => {
    const coverage = new Coverage()
    const news: string[] = []
    const target = broken((input) => {
      if (input.includes('bb')) throw new Finding('bb')
    })
    const runBatch = startCampaign({
      target,
      seed: 1,
      coverage,
      keep: () => 'a file',
      tell: (one) => void (one.kind === 'finding' && news.push(one.message)),
    })
    for (let round = 0; round < 5; round += 1) runBatch()
    coverage.close()
    expect(news).toEqual(['bb'])
  })
})
