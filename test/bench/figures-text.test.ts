import { expect, it } from 'vitest'
import { ratioText, tableText } from '../../bench/figures-text.ts'
import type { Measurement } from '../../bench/measured-run.ts'

const run = (wallMs: number): Measurement => ({ wallMs, cpuMs: wallMs / 2, rssMib: 64 })
const rounds = new Map([
  ['plan', [run(150), run(300), run(160)]],
  ['bare', [run(100), run(150), run(100)]],
])

it('shows the spread of each contestant in a row', () => {
  const [, plan] = tableText(rounds).split('\n')
  expect(plan?.split(/ {2,}/)).toEqual(['plan', '150 / 160 / 300', '75 / 80 / 150', '64 / 64 / 64', '3'])
})

it('judges by the median of the ratios of pairs, not by the ratio of medians', () => {
  expect(ratioText(rounds, { of: 'plan', to: 'bare', limit: { kind: 'at-most', ratio: 1.5 } })).toBe(
    'plan / bare, pair by pair: wall 1.50 / 1.60 / 2.00, CPU 1.50 / 1.60 / 2.00\n' +
      '  target at most 1.5: MISSED (the smallest of each: 1.50)',
  )
})

it('knows targets that are met from above', () => {
  const text = ratioText(rounds, { of: 'plan', to: 'bare', limit: { kind: 'at-least', ratio: 1.6 } })
  expect(text).toContain('target at least 1.6: met')
})
