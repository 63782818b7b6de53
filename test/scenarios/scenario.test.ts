import { describe, expect, test } from 'vitest'
import { besides, isRight, matrixText, type Result } from './matrix.ts'
import { scenariosFrom } from './scenario.ts'

describe('scenarios', () => {
  test('are the same for the same seed, and others for another', () => {
    expect(scenariosFrom(1)).toEqual(scenariosFrom(1))
    expect(scenariosFrom(1)).not.toEqual(scenariosFrom(1000))
  })

  test('are at least twenty, each with its own seed, some with two causes, some with none', () => {
    const all = scenariosFrom(7)
    expect(all.length).toBeGreaterThanOrEqual(20)
    expect(new Set(all.map(({ seed }) => seed)).size).toBe(all.length)
    expect(all.filter(({ truth }) => truth.length > 1).length).toBeGreaterThanOrEqual(3)
    expect(all.filter(({ truth }) => truth.length === 0).length).toBeGreaterThanOrEqual(3)
  })

  test('name a cause only for what is done', () => {
    for (const { troubles, truth } of scenariosFrom(7)) if (troubles.length === 0) expect(truth).toEqual([])
  })
})

describe('what was told of a scenario', () => {
  const result = (
    truth: Result['scenario']['truth'],
    named: Result['named'],
    hidden: readonly string[] = [],
  ): Result => ({
    scenario: { name: 'x', seed: 1, leader: 'e1', troubles: [], truth, hidden },
    named,
  })
  const disk = { cause: 'disk', host: 'e1' }
  const told = (cause: string, ...hosts: readonly string[]) => ({ cause, hosts })

  test('is right when all that was done is named on its host, first what was done', () => {
    expect(isRight(result([disk], [told('disk', 'e1')]))).toBe(true)
    expect(isRight(result([disk], [told('disk', 'e2')]))).toBe(false)
    expect(isRight(result([disk], []))).toBe(false)
    expect(isRight(result([disk], [told('loss', 'e1'), told('disk', 'e1')]))).toBe(false)
    expect(isRight(result([disk], [told('loss', 'e1'), told('disk', 'e1')], ['loss']))).toBe(true)
    expect(isRight(result([disk, { cause: 'loss', host: 'e1' }], [told('disk', 'e1')]))).toBe(false)
  })

  test('is right of a healthy cluster only when nothing is named', () => {
    expect(isRight(result([], []))).toBe(true)
    expect(isRight(result([], [told('disk', 'e1')]))).toBe(false)
  })

  test('is told besides where it was not done', () => {
    expect(besides(result([disk], [told('disk', 'e1'), told('loss', 'e2')]))).toEqual(['loss on e2'])
    expect(besides(result([disk], [told('loss', 'e2')], ['loss']))).toEqual([])
  })

  test('is counted by what is true and what was told first', () => {
    expect(
      matrixText([result([disk], [told('disk', 'e1')]), result([disk], [told('loss', 'e1')]), result([], [])]),
    ).toBe(
      `| true | disk | loss | none | right |
| --- | --- | --- | --- | --- |
| disk | 1 | 1 |  | 1 of 2 |
| none |  |  | 1 | 1 of 1 |`,
    )
  })
})
