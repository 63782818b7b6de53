import { expect, test } from 'vitest'
import { hostName, stepId } from '../../src/model/id.ts'
import type { Problem } from '../../src/model/problem.ts'
import { problemsText } from '../../src/report/problem-text.ts'
import { plainStyle } from '../../src/report/style.ts'
import { HOSTILE, isSafe } from './hostile.ts'

const SOURCE =
  'name: x\nsteps:\n  - service: {unit: etcd, stat: restarted}\n\tindented: with a tab\n' +
  `long: ${'a'.repeat(100)} HERE ${'b'.repeat(100)}\n`
const file = 'runbooks/x.yaml'
const look = { style: plainStyle, sourceOf: (name: string) => (name === file ? SOURCE : undefined) }
const at = (line: number, column: number, length: number) => ({ file, line, column, length })

const PROBLEMS: readonly Problem[] = [
  { kind: 'schema', message: 'service has no argument "stat"', at: at(3, 27, 4), hint: 'did you mean "state"?' },
  { kind: 'yaml', message: 'a tab may not indent', at: at(4, 2, 8) },
  { kind: 'reference', message: 'nothing is called HERE', at: at(5, 108, 4) },
  { kind: 'schema', message: 'the file ends too early', at: at(99, 1, 1) },
  { kind: 'io', message: 'cannot read the file', at: { file: 'gone.yaml', line: 1, column: 1, length: 1 } },
  {
    kind: 'step-failed',
    message: 'systemctl restart etcd.service failed',
    host: hostName('e1'),
    step: stepId('restart'),
    exitCode: 1,
    detail: 'Job for etcd.service failed.\nSee "journalctl -xeu etcd.service"\n',
    hint: 'look at `journalctl -u etcd` on e1\nor undo it: runbook rollback 01K',
  },
]

test('problems are told with place, caret, output and hint', async () => {
  await expect(problemsText(PROBLEMS, look)).toMatchFileSnapshot('golden/problems.txt')
})

test('the caret stands under the marked word', () => {
  const [, , line = '', caret = ''] = problemsText([PROBLEMS[0] as Problem], look).split('\n')
  expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('stat')
})

test('in a long line what is marked is still shown above its caret', () => {
  const [, , line = '', caret = ''] = problemsText([PROBLEMS[2] as Problem], look).split('\n')
  expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('HERE')
  expect(line.length).toBeLessThan(90)
})

test.each(HOSTILE.map((text) => [JSON.stringify(text), text] as const))(
  '%s in any place of a problem is escaped',
  (_, bad) => {
    const problem: Problem = {
      kind: 'step-failed',
      message: bad,
      host: hostName(bad),
      step: stepId(bad),
      detail: bad,
      hint: bad,
      at: { file: bad, line: 1, column: 2, length: 3 },
    }
    expect(isSafe(problemsText([problem], { style: plainStyle, sourceOf: () => bad }))).toBe(true)
  },
)
