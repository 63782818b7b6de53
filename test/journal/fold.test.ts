import { expect, test } from 'vitest'
import { foldRun } from '../../src/journal/fold.ts'
import type { RecordedEvent } from '../../src/model/event.ts'
import { hostName, runId, stepId } from '../../src/model/id.ts'

const place = { host: hostName('h1'), stage: 0, step: stepId('one') }
const started: RecordedEvent = {
  type: 'run-started',
  run: runId('01J'),
  verb: 'apply',
  tool: 'test',
  startedAt: '',
  runbook: { name: 'b', file: 'b.yaml', sha256: '', text: '' },
  inventory: { sources: [], sha256: '' },
  params: [],
  hosts: [place.host],
}
const attempt: RecordedEvent = {
  type: 'step-started',
  ...place,
  name: 'one',
  module: 'copy',
  become: true,
  args: {},
  folder: '/f',
  change: { verb: 'update', summary: 's', details: [], before: {}, after: {}, settles: true, reversible: true },
}
const finished: RecordedEvent = { type: 'step-finished', ...place, result: 'changed', summary: '' }
const undone: RecordedEvent = { type: 'undo-finished', ...place, summary: '' }
const states = (...events: readonly RecordedEvent[]) =>
  foldRun([started, ...events]).changes.map((change) => change.state)

test('what was begun, interrupted, begun again and ended is not in doubt', () => {
  expect(states(attempt, attempt)).toEqual(['started', 'started'])
  expect(states(attempt, attempt, finished)).toEqual(['changed', 'changed'])
})

test('what failed and was made again well has not failed', () => {
  const failed: RecordedEvent = { type: 'step-failed', ...place, problem: { kind: 'step-failed', message: 'no' } }
  const [first] = foldRun([started, attempt, failed, attempt, finished]).changes
  expect(first).toMatchObject({ state: 'changed' })
  expect(first).not.toHaveProperty('problem')
})

test('attempts are undone one by one, the newest first', () => {
  expect(states(attempt, attempt, finished, undone)).toEqual(['changed', 'undone'])
  expect(states(attempt, attempt, finished, undone, undone)).toEqual(['undone', 'undone'])
})

test('what was undone stays so when the step is made again', () => {
  expect(states(attempt, undone, attempt, finished)).toEqual(['undone', 'changed'])
})

test('a file that a step kept belongs to it', () => {
  const kept: RecordedEvent = { type: 'file-kept', ...place, file: 'files/h1.one', bytes: 3, sha256: 'ab' }
  const [first] = foldRun([started, attempt, kept, finished]).changes
  expect(first).toMatchObject({ state: 'changed', kept: { file: 'files/h1.one', bytes: 3, sha256: 'ab' } })
})

test('what a host showed before an undoing stays with the attempt that was undone, also where the undoing failed', () => {
  const begun: RecordedEvent = { type: 'undo-started', ...place, trace: { invocation: 'a' } }
  const failed: RecordedEvent = { type: 'undo-failed', ...place, problem: { kind: 'step-failed', message: 'no' } }
  const { changes } = foldRun([started, attempt, attempt, finished], [[begun, failed]])
  expect(changes.map(({ undoTrace }) => undoTrace)).toEqual([undefined, { invocation: 'a' }])
})

test('what the latest stage that kept it began with is known of its hosts', () => {
  const stage: RecordedEvent = { type: 'stage-started', stage: 0, name: 'one', batches: [[place.host]] }
  const facts = { [place.host]: { seen: 1 } }
  const { facts: kept } = foldRun([started, { ...stage, facts }, { ...stage, stage: 1 }])
  expect(kept).toEqual({ stage: 0, hosts: facts })
})

test('an event of a newer version is told as that', () => {
  const future = { type: 'future', ...place } as unknown as RecordedEvent // what another version wrote
  expect(() => states(future)).toThrow('the journal holds an event that this version does not know: "future"')
})
