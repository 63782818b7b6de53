import { expect, test } from 'vitest'
import type { Event } from '../../src/model/event.ts'
import { hostName, runId, stepId } from '../../src/model/id.ts'
import { makeEventLines } from '../../src/report/event-lines.ts'
import { eventLine, versionLine } from '../../src/report/jsonl.ts'
import { plainStyle } from '../../src/report/style.ts'
import { HOSTILE, isSafe } from './hostile.ts'
import { change, reading, sampleRecord } from './samples.ts'

const host = hostName('e1')
const place = { host, stage: 0, step: stepId('election') }

const EVENTS: readonly Event[] = [
  { type: 'connecting', host },
  { type: 'connected', host },
  { type: 'planning', host },
  { type: 'run-started', ...sampleRecord.started },
  { type: 'measured', reading: reading() },
  { type: 'stage-started', stage: 0, name: 'Election timeout', batches: [[host]] },
  { type: 'gate-waiting', stage: 0, what: 'etcd is healthy', reason: 'e2 does not answer' },
  { type: 'gate-opened', stage: 0, what: 'etcd is healthy', summary: '3 of 3 members' },
  { type: 'batch-started', stage: 0, batch: 0, hosts: [host] },
  {
    type: 'step-started',
    ...place,
    name: 'Set the election timeout',
    module: 'env_file',
    become: true,
    args: {},
    folder: '/f',
    change: change(),
  },
  { type: 'restart-owed', host, stage: 0, step: stepId('restart'), because: place.step },
  { type: 'step-running', ...place, name: 'Set the election timeout', summary: 'set 1 key' },
  { type: 'step-output', ...place, stream: 'stdout', text: 'one\ntw' },
  { type: 'step-output', ...place, stream: 'stdout', text: 'o\nrest' },
  { type: 'step-finished', ...place, result: 'changed', summary: 'set 1 key' },
  { type: 'step-finished', ...place, result: 'ok', summary: 'is so already' },
  { type: 'step-failed', ...place, problem: { kind: 'step-failed', message: 'no space left' } },
  { type: 'rolling-back', run: runId('R'), why: 'no space left' },
  { type: 'undo-started', ...place },
  { type: 'undo-finished', ...place, summary: 'undid: set 1 key' },
  { type: 'undo-failed', ...place, problem: { kind: 'rollback-failed', message: 'the pre-image is gone' } },
  { type: 'soaking', stage: 0, ms: 60_000 },
  { type: 'measuring', measure: 'wal', host, phase: 'after' },
  { type: 'run-finished', outcome: 'rollback-failed', finishedAt: '2026-11-21T10:01:00.000Z', problems: [] },
]

const linesAt = (detail: 'quiet' | 'normal' | 'verbose'): string => {
  const linesOf = makeEventLines({ style: plainStyle, detail, hosts: 'named' })
  return `${EVENTS.flatMap((event) => linesOf(event)).join('\n')}\n`
}

test.each(['quiet', 'normal', 'verbose'] as const)('a run in %s lines', async (detail) => {
  await expect(linesAt(detail)).toMatchFileSnapshot(`golden/lines-${detail}.txt`)
})

test('output comes in whole lines, whatever pieces it came in', () => {
  expect(linesAt('verbose')).toContain('e1 | one\ne1 | two\ne1 | rest\n')
})

test.each(HOSTILE.map((text) => [JSON.stringify(text), text] as const))(
  '%s in output and names is escaped',
  (_, bad) => {
    const linesOf = makeEventLines({ style: plainStyle, detail: 'verbose', hosts: 'named' })
    const lines = [
      ...linesOf({ type: 'step-running', ...place, name: bad, summary: bad }),
      ...linesOf({ type: 'step-output', ...place, stream: 'stderr', text: `${bad}\n` }),
      ...linesOf({ type: 'step-failed', ...place, problem: { kind: 'step-failed', message: bad } }),
      ...linesOf({ type: 'gate-waiting', stage: 0, what: bad, reason: bad }),
    ]
    expect(lines.filter((line) => !isSafe(line))).toEqual([])
  },
)

test('JSON lines begin with their version and hold one event each', () => {
  expect(JSON.parse(versionLine('0.1.0'))).toEqual({ type: 'version', ui: '1.0', tool: '0.1.0' })
  const line = eventLine({ type: 'connecting', host: hostName('a\nb') }, new Date(0))
  expect(line.split('\n')).toHaveLength(2)
  expect(JSON.parse(line)).toEqual({ type: 'connecting', host: 'a\nb', time: '1970-01-01T00:00:00.000Z' })
})
