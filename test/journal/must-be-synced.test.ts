import { expect, test } from 'vitest'
import { mustBeSynced } from '../../src/journal/must-be-synced.ts'
import type { RecordedEvent } from '../../src/model/event.ts'

const synced = (type: RecordedEvent['type']): boolean => mustBeSynced({ type } as RecordedEvent) // what is looked at

test('what announces an effect, and that one is undone, is on the disk before anything follows', () => {
  for (const type of ['run-started', 'run-resumed', 'step-started', 'restart-owed'] as const)
    expect([type, synced(type)]).toEqual([type, true])
  for (const type of ['undo-started', 'undo-finished', 'file-kept', 'run-finished'] as const)
    expect([type, synced(type)]).toEqual([type, true])
})

test('what a step came to is asked of its host again where it is lost: it waits for the next record', () => {
  expect(['step-finished', 'step-failed', 'measured'].map((type) => synced(type as RecordedEvent['type']))).toEqual([
    false,
    false,
    false,
  ])
})
