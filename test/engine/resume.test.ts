import { expect, test } from 'vitest'
import { unknownChanges } from '../../src/engine/settle.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import { survivesEveryKill } from './every-kill.ts'
import { look, restart, runbook, setKey, stage, step } from './world.ts'

const start = {
  etcd: 'old',
  etcd2: 'old2',
  health: 'ok',
  'running-etcd': 'old',
  'running-etcd2': 'old2',
  seen: 'first',
}

const tune = (): Runbook =>
  runbook([
    stage('pass 1', [
      step('before', look, { key: 'seen' }, { as: 'seen' }),
      step('election', setKey, { key: 'etcd', to: 'el' }),
      step('restart-1', restart, { unit: 'etcd' }, { whenChanged: ['election'] }),
      step('mark', setKey, { key: 'seen', to: 'changed' }),
    ]),
    stage('pass 2', [
      step('mark-again', setKey, { key: 'seen', to: 'changed again' }), // what was done once must not be done again
      step('heartbeat', setKey, { key: 'etcd2', to: '$seen' }),
      step('restart-2', restart, { unit: 'etcd2' }, { whenChanged: ['heartbeat'] }),
    ]),
  ])

survivesEveryKill(tune, start)

test('a command that looking cannot judge is not run again unless its outcome is known', async () => {
  const change = {
    host: 'e1',
    stage: 0,
    step: 'move',
    name: 'Move the data',
    state: 'started',
    change: { summary: 'run mv', settles: false, before: {}, details: [] },
  } as unknown as Parameters<typeof unknownChanges>[0][number] // what the question looks at
  expect(unknownChanges([change])).toMatchObject([
    { host: 'e1', hint: 'look at e1, then say which it is: --settle move@e1=done or --settle move@e1=not-done' },
  ])
  expect(unknownChanges([{ ...change, state: 'changed' }])).toEqual([])
})
