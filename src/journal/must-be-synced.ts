import type { RecordedEvent } from '../model/event.ts'

/** What is lost only with the power of the controller, and is asked of its host again then; the next sync takes it along. */
const LATER: ReadonlySet<RecordedEvent['type']> = new Set(['stage-started', 'step-finished', 'step-failed', 'measured'])

/** Whether an event must have reached the disk before anything follows: it announces an effect, or keeps one from being undone twice. */
export const mustBeSynced = ({ type }: RecordedEvent): boolean => !LATER.has(type)
