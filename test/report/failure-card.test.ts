import { expect, test } from 'vitest'
import { hostName, stepId } from '../../src/model/id.ts'
import type { Problem } from '../../src/model/problem.ts'
import type { ChangeRecord } from '../../src/model/run-record.ts'
import { changedText, changesJson } from '../../src/report/changed-text.ts'
import { cellsOf } from '../../src/report/layout.ts'
import { problemsText } from '../../src/report/problem-text.ts'
import { plainStyle } from '../../src/report/style.ts'
import { HOSTILE, isSafe } from './hostile.ts'
import { change } from './samples.ts'

const record = (host: string, name: string, state: ChangeRecord['state']): ChangeRecord => ({
  host: hostName(host),
  stage: 0,
  step: stepId('s1'),
  name,
  module: 'env_file',
  become: true,
  args: {},
  folder: '/var/lib/runbook/01K/s1',
  change: change(),
  state,
})

const CHANGES: readonly ChangeRecord[] = [
  record('e1', 'Set the election timeout', 'changed'),
  record('e1', 'Restart the member', 'changed'),
  record('e2', '選挙のタイムアウトを設定する', 'changed'),
  record('e2', 'Restart the member', 'failed'),
  record('e3', 'Hand over leadership to a follower that is up to date', 'undone'),
  record('e3', 'Write the environment file of the member', 'undo-failed'),
]

const SOURCE = 'steps:\n  - {name: 選挙を待つ, service: {unit: etcd, state: restarted}}\n'
const at = { file: 'runbooks/x.yaml', line: 2, column: 28, length: 25 }
const output = Array.from({ length: 30 }, (_, line) => `line ${line + 1}`)

const FAILED: Problem = {
  kind: 'step-failed',
  message: 'systemctl restart etcd.service: exit code 1',
  host: hostName('e2'),
  step: stepId('restart'),
  exitCode: 1,
  at,
  detail: [...output, '\x1b]0;owned\x07\x1b[2J失敗しました\r\u202e', ''].join('\n'),
  hint: 'look at `journalctl -u etcd` on e2',
}

const card = (lines: 'last' | 'all' = 'last'): string =>
  problemsText([FAILED], {
    style: plainStyle,
    sourceOf: () => SOURCE,
    nameOf: () => 'Restart the member',
    lines,
  }) + changedText(CHANGES, [FAILED], plainStyle)

test('a failure card tells what, where, what came back, what had been changed, and fits 80 columns', async () => {
  await expect(card()).toMatchFileSnapshot('golden/failure-card.txt')
  expect(
    card()
      .split('\n')
      .filter((line) => cellsOf(line) > 80),
  ).toEqual([])
})

test('the caret stands under its word behind wide characters', () => {
  const lines = card().split('\n')
  const caret = lines.find((line) => line.includes('^')) ?? ''
  const source = lines[lines.indexOf(caret) - 1] ?? ''
  const before = source.slice(0, source.indexOf('{unit'))
  expect(cellsOf(caret.slice(0, caret.indexOf('^')))).toBe(cellsOf(before))
})

test('of long output the last 20 lines are shown, and all with -v', () => {
  expect(card()).toContain('... 11 lines before')
  expect(card()).not.toContain('line 11\n')
  expect(card()).toContain('line 12\n')
  expect(card('all')).toContain('| line 1\n')
  expect(card('all')).not.toContain('lines before')
})

test('a line without end is cut', () => {
  const text = problemsText([{ ...FAILED, detail: 'x'.repeat(100_000) }], {
    style: plainStyle,
    sourceOf: () => undefined,
  })
  expect(text.length).toBeLessThan(2000)
})

test.each(HOSTILE.map((text) => [JSON.stringify(text), text] as const))(
  '%s in names and hosts is escaped',
  (_, bad) => {
    expect(isSafe(changedText([record(bad, bad, 'changed')], [FAILED], plainStyle))).toBe(true)
  },
)

test('of many hosts those that failed come first and the rest is counted', () => {
  const many = Array.from({ length: 12 }, (_, index) => record(`h${index}`, 'Write', 'changed'))
  const text = changedText(many, [{ ...FAILED, host: hostName('h11') }], plainStyle)
  expect(text.split('\n')[2]).toBe('  h11: Write')
  expect(text).toContain('and 2 more hosts')
})

test('a run that failed before its first change says so', () => {
  expect(changedText([], [FAILED], plainStyle)).toBe('\nNothing had been changed on any host.\n')
})

test('machines get the same', () => {
  expect(changesJson(CHANGES)[3]).toEqual({
    host: 'e2',
    stage: 0,
    step: 's1',
    name: 'Restart the member',
    state: 'failed',
  })
})
