import { describe, expect, test } from 'vitest'
import type { Json } from '../../src/model/json.ts'
import { runReportMarkdown } from '../../src/report/run-report-markdown.ts'
import { runReportText } from '../../src/report/run-report-text.ts'
import { plainStyle } from '../../src/report/style.ts'
import { reading, sampleRecord } from './samples.ts'

const seen = (p99: number, buckets: Json): Json => ({
  evidence: [{ series: '', count: 98, value: p99, p50: 1, p99, max: 64, buckets }],
})
const before = reading({
  evidence: seen(38, [
    { le: 32, count: 90 },
    { le: null, count: 8 },
  ]),
})
const after = reading({ phase: 'after', value: 4, evidence: seen(4, [{ le: 4, count: 98 }]) })
const SHOWN = { style: plainStyle, folder: '/var/lib/runs/RUN' }

describe('how what was observed lies', () => {
  const record = { ...sampleRecord, readings: [before, after] }

  test('is told before and after, in text and in markdown', () => {
    expect(runReportText(record, SHOWN)).toMatch(
      /How it lies\n.*\n +wal_fsync_p99 +e1 +before +98 +1 ms +38 ms +64 ms +32: 90, more: 8\n +wal_fsync_p99 +e1 +after +98 +1 ms +4 ms +64 ms +4: 98\n/,
    )
    expect(runReportMarkdown(record)).toMatch(/## How it lies\n\n(.*\n){3}\| wal.*after \| 98 \| 1 ms \| 4 ms/)
  })

  test('is told once for measures that rest on the same', () => {
    const twice = { ...record, readings: [before, { ...before, measure: 'wal_fsync_p50', value: 1 }] }
    expect(runReportText(twice, SHOWN).match(/32: 90/g)).toHaveLength(1)
  })

  test.each([
    [{ evidence: [{ series: 'a', value: 1 }] }],
    [{ evidence: 'x' }],
    [[1]],
    [{ evidence: [{ count: 1, buckets: [7] }] }],
  ])('is left out where the evidence %j has none', (evidence) => {
    expect(runReportText({ ...record, readings: [reading({ evidence })] }, SHOWN)).not.toContain('How it lies')
  })
})
