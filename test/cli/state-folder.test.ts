import { expect, test } from 'vitest'
import { stateFolder } from '../../src/cli/state-folder.ts'

const outside = { cwd: '/work', homeFolder: '/home/ada', env: {} }

test.each([
  ['an option wins', 'there', { RUNBOOK_STATE_DIR: '/env', XDG_STATE_HOME: '/xdg' }, '/work/there'],
  ['then RUNBOOK_STATE_DIR', undefined, { RUNBOOK_STATE_DIR: '/env', XDG_STATE_HOME: '/xdg' }, '/env'],
  ['then XDG_STATE_HOME', undefined, { XDG_STATE_HOME: '/xdg' }, '/xdg/runbook'],
  ['a relative XDG_STATE_HOME is ignored', undefined, { XDG_STATE_HOME: 'xdg' }, '/home/ada/.local/state/runbook'],
  ['an empty RUNBOOK_STATE_DIR is none', undefined, { RUNBOOK_STATE_DIR: '' }, '/home/ada/.local/state/runbook'],
])('%s', (_, option, env, folder) => {
  expect(stateFolder(option, { ...outside, env })).toBe(folder)
})
