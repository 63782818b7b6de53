import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { namedTest, printTable, ROWS, runFile, statusOf, tableText } from './table.ts'

const range = (from: number, to: number, prefix: string): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${prefix}${from + index}`)

describe('the table of promises', () => {
  test('has the 45 faults and the 32 demands of security, each once', () => {
    expect(ROWS.map(({ id }) => id)).toEqual([...range(1, 45, ''), ...range(1, 32, 'S')])
  })

  test('names a test for each row, or says why there is none', () => {
    const silent = ROWS.filter(({ tests, open }) => tests.length === 0 && open === undefined)
    expect(silent).toEqual([])
  })

  test.each(ROWS.flatMap(({ id, tests }) => tests.map((text) => [id, text] as const)))('%s: %s is there', (_, text) => {
    const { file, words } = namedTest(text)
    const source = readFileSync(join(import.meta.dirname, '..', file), 'utf8')
    expect(words.length).toBeGreaterThan(4)
    expect(source).toContain(words)
  })
})

describe('a result', () => {
  const report = (status: string) => ({
    testResults: [
      {
        name: '/x/test/engine/plan.test.ts',
        assertionResults: [{ fullName: 'a plan writes nothing', status, failureMessages: ['it wrote'] }],
      },
    ],
  })
  const plan = namedTest('engine/plan.test.ts > plan writes')

  test('is that of all tests of the name in the file', () => {
    expect(statusOf(plan, [report('passed')])).toBe('passed')
    expect(statusOf(plan, [report('passed'), report('failed')])).toBe('failed')
    expect(statusOf(plan, [report('skipped')])).toBe('not run')
    expect(statusOf({ ...plan, words: 'another' }, [report('passed')])).toBe('not run')
    expect(statusOf({ ...plan, file: 'another.test.ts' }, [report('passed')])).toBe('not run')
  })

  test('is right where every named test was run and passed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'runbook-table-'))
    const all = ROWS.flatMap(({ tests }) => tests.map(namedTest))
    const resultsOf = (tests: typeof all, status: string) =>
      tests.map(({ file, words }) => ({ name: `/x/${runFile(file)}`, assertionResults: [{ fullName: words, status }] }))
    const isRight = (testResults: ReturnType<typeof resultsOf>): boolean => {
      const file = join(folder, 'report.json')
      writeFileSync(file, JSON.stringify({ testResults }))
      return printTable([file], () => undefined)
    }
    expect(isRight(resultsOf(all, 'passed'))).toBe(true)
    expect(
      isRight(
        resultsOf(
          all.filter(({ file }) => file !== 'fuzz/fuzz.test.ts'),
          'passed',
        ),
      ),
    ).toBe(false)
    expect(isRight([...resultsOf(all, 'passed'), ...resultsOf(all.slice(0, 1), 'failed')])).toBe(false)
    rmSync(folder, { recursive: true })
  })

  test('is shown in its row, and counted', () => {
    const text = tableText([report('failed')])
    expect(text).toContain(
      'S32 plan and checks change nothing\n      failed   engine/plan.test.ts > a plan writes nothing',
    )
    expect(text).toContain('FAILED /x/test/engine/plan.test.ts > a plan writes nothing\nit wrote\n')
    expect(text).toMatch(/^77 rows: 0 passed, 1 failed, \d+ not run, \d+ not tested$/m)
  })
})
