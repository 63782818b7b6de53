import { GENESIS, open, seal } from '../../src/journal/chain.ts'
import { foldRun } from '../../src/journal/fold.ts'
import type { RecordedEvent } from '../../src/model/event.ts'
import { answers, Finding } from './check.ts'
import { keptInputs } from './corpus.ts'
import type { Target } from './target.ts'

const EVENTS: readonly string[] = [
  '{"type":"run-started","run":"R","verb":"apply","tool":"0.1.0","startedAt":"","runbook":{"name":"n","file":"f","sha256":"0","text":""},"inventory":{"sources":[],"sha256":"0"},"params":[],"hosts":["h"]}',
  '{"type":"stage-started","stage":0,"name":"s","batches":[["h"]]}',
  '{"type":"step-started","host":"h","stage":0,"step":"a","name":"n","module":"file","become":true,"args":{},"folder":"/x","change":{"verb":"v","summary":"s"}}',
  '{"type":"step-finished","host":"h","stage":0,"step":"a","result":"changed","summary":"s","output":{"a":[1,null]}}',
  '{"type":"restart-owed","host":"h","stage":0,"step":"b","because":"a"}',
  '{"type":"step-failed","host":"h","stage":0,"step":"b","problem":{"kind":"step-failed","message":"m"}}',
  '{"type":"undo-started","host":"h","stage":0,"step":"a"}',
  '{"type":"undo-finished","host":"h","stage":0,"step":"a","summary":"s"}',
  '{"type":"measured","reading":{"measure":"m","host":"h","phase":"before","value":1,"unit":"ms"}}',
  '{"type":"run-finished","outcome":"applied","finishedAt":"","problems":[]}',
]

function journalOf(events: readonly string[]): Buffer {
  let hash = GENESIS
  const lines = events.map((text, seq) => {
    const sealed = seal({ seq, time: 'now', event: JSON.parse(text) as RecordedEvent }, hash) // sealed: also what is none
    hash = sealed.hash
    return sealed.line
  })
  return Buffer.from(lines.join(''))
}

/** Bytes that a crash or a disk left: every whole record before the damage is read, and nothing that was not written. */
export const journalTarget: Target = {
  name: 'journal',
  seeds: () => [journalOf(EVENTS), journalOf(EVENTS.slice(0, 2)), ...keptInputs('journal')],
  words: ['\n', ',"h":"', '"}\n', '{"v":1,"seq":0,', `"prev":"${GENESIS}"`, '"event":', '\0', '\xff'],
  run: (input) => {
    const opened = answers(() => open(input))
    if (!opened) throw new Finding('problems were thrown instead of told')
    if (opened.length + opened.torn !== input.length) throw new Finding('bytes got lost')
    const again = open(input.subarray(0, opened.length))
    if (again.records.length !== opened.records.length || again.torn > 0)
      throw new Finding('another journal without its tail')
    if (opened.records.length > 0) answers(() => foldRun(opened.records.map(({ event }) => event)))
  },
}

/** Whole journals of a newer version: other events, more members. Those of a known event are as they were written, by its hash. */
export const eventsTarget: Target = {
  name: 'events',
  seeds: () => [Buffer.from(EVENTS.join('\n')), ...keptInputs('events')],
  words: [
    '"type":"run-resumed"',
    '"type":"future"',
    '"host":null',
    '"step":["x"]',
    '{}',
    '[]',
    'null',
    '"__proto__":{"a":1}',
    '\n',
  ],
  run: (input) => {
    const lines = input.toString().split('\n').filter(isObjectText).map(completed)
    const { records, damagedAt } = open(journalOf(lines))
    if (damagedAt !== undefined || records.length !== lines.length)
      throw new Finding('what was sealed is not read back')
    answers(() => foldRun(records.map(({ event }) => event)))
  },
}

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

const SHAPES = new Map(
  EVENTS.map((text) => JSON.parse(text) as Readonly<Record<string, unknown>>).map((one) => [one.type, one]),
) // sealed: the objects above

function completed(text: string): string {
  const event = JSON.parse(text) as Readonly<Record<string, unknown>> // sealed: isObjectText said so
  const shape = Object.entries(SHAPES.get(event.type) ?? {})
  const missing = shape.filter(([name, value]) => kindOf(event[name]) !== kindOf(value))
  return JSON.stringify({ ...event, ...Object.fromEntries(missing) })
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value)
