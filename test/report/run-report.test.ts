import { expect, test } from 'vitest'
import { hostName } from '../../src/model/id.ts'
import { runReportJson } from '../../src/report/run-report-json.ts'
import { runReportMarkdown } from '../../src/report/run-report-markdown.ts'
import { runReportText } from '../../src/report/run-report-text.ts'
import { plainStyle } from '../../src/report/style.ts'
import { HOSTILE, isSafe } from './hostile.ts'
import { change, changeRecord, reading, sampleRecord } from './samples.ts'

const SHOWN = { style: plainStyle, folder: '/var/lib/runs/RUN' }

test('the text report says what was measured, changed, and is owed', async () => {
  await expect(runReportText(sampleRecord, SHOWN)).toMatchFileSnapshot('golden/report.txt')
})

test('a measure is told before and after, with its target and verdict', () => {
  expect(runReportText(sampleRecord, SHOWN)).toContain('wal_fsync_p99  e1  38 ms -> 4 ms (< 10 ms) PASS')
})

test('a long target stands below its measures', () => {
  const record = { ...sampleRecord, readings: [reading({ target: 'value < 10 || value <= 0.1 * before' })] }
  expect(runReportText(record, SHOWN)).toContain(
    '38 ms FAIL\n  target of wal_fsync_p99: value < 10 || value <= 0.1 * before',
  )
})

test('a file that a run has kept is told with where it lies', () => {
  const kept = { file: 'files/e1.take-it', bytes: 395, sha256: 'ab12' }
  const record = { ...sampleRecord, changes: [changeRecord({ kept })] }
  expect(runReportText(record, SHOWN)).toContain('\n      /var/lib/runs/RUN/files/e1.take-it\n')
  expect(runReportMarkdown(record)).toContain('kept as files/e1.take-it, 395 bytes, sha256 ab12')
})

test('a flame graph that was drawn is named, and shown by Markdown; a hostile name stays a name', () => {
  const kept = { file: 'files/c1.profile', bytes: 395, sha256: 'ab12' }
  const record = { ...sampleRecord, changes: [changeRecord({ kept })] }
  const pictures = new Map([[kept.file, '/tmp/my flames/c1>.svg']])
  expect(runReportText(record, { ...SHOWN, pictures })).toContain(
    '\n      /var/lib/runs/RUN/files/c1.profile\n      /tmp/my flames/c1>.svg\n',
  )
  expect(runReportMarkdown(record, pictures)).toContain('![flame graph](</tmp/my%20flames/c1%3E.svg>)')
})

test('the markdown report holds every change in full', async () => {
  await expect(runReportMarkdown(sampleRecord)).toMatchFileSnapshot('golden/report.md')
})

test('the JSON report is versioned and leaves out the text of the runbook', () => {
  const report: unknown = JSON.parse(runReportJson(sampleRecord))
  expect(report).toMatchObject({ format: '1.0', run: sampleRecord.run, outcome: 'failed-not-rolled-back' })
  expect(JSON.stringify(report)).not.toContain('name: etcd-tune-timeouts')
})

test('markdown of a host cannot break its fence or its table', () => {
  const evil = '```\n# owned\n| x | <img src=x>'
  const text = runReportMarkdown({
    ...sampleRecord,
    changes: [changeRecord({ name: evil, change: change({ summary: evil, details: [{ kind: 'diff', diff: evil }] }) })],
  })
  expect(text).toContain('````diff\n```\n# owned')
  expect(text.replaceAll(/````diff[\s\S]*?````/g, '')).not.toMatch(/^# owned|(?<!\\)<img/m)
})

test.each(HOSTILE.map((text) => [JSON.stringify(text), text] as const))(
  '%s is escaped in text and markdown',
  (_, bad) => {
    const record = {
      ...sampleRecord,
      changes: [
        changeRecord({
          host: hostName(bad),
          name: bad,
          change: change({ summary: bad, details: [{ kind: 'command', command: bad }] }),
        }),
      ],
      readings: [reading({ measure: bad, unit: bad, target: bad })],
      problems: [{ kind: 'step-failed', message: bad } as const],
    }
    expect(isSafe(runReportText(record, SHOWN))).toBe(true)
    expect(isSafe(runReportMarkdown(record))).toBe(true)
  },
)
