import { expect, test } from 'vitest'
import type { Output } from '../../src/cli/command.ts'
import { styleFor } from '../../src/cli/look.ts'
import { ansiStyle, plainStyle } from '../../src/report/style.ts'
import { fakeWorld } from './fake-world.ts'

const auto: Output = { format: 'text', view: 'auto', colour: 'auto', detail: 'normal' }

test.each([
  ['a terminal has colours', 'yes', {}, auto, ansiStyle],
  ['a pipe has none', 'no', {}, auto, plainStyle],
  ['NO_COLOR turns them off', 'yes', { NO_COLOR: '1' }, auto, plainStyle],
  ['an empty NO_COLOR does not', 'yes', { NO_COLOR: '' }, auto, ansiStyle],
  ['TERM=dumb turns them off', 'yes', { TERM: 'dumb' }, auto, plainStyle],
  ['--no-color turns them off', 'yes', {}, { ...auto, colour: 'never' }, plainStyle],
  ['FORCE_COLOR turns them on in a pipe', 'no', { FORCE_COLOR: '1' }, auto, ansiStyle],
  ['FORCE_COLOR=0 turns them off', 'yes', { FORCE_COLOR: '0' }, auto, plainStyle],
  ['NO_COLOR wins over FORCE_COLOR', 'no', { FORCE_COLOR: '1', NO_COLOR: '1' }, auto, plainStyle],
] as const)('%s', (_, terminal, env, output, style) => {
  const world = fakeWorld({ terminal, env })
  expect(styleFor(world.stderr, { world, output })).toBe(style)
})
