import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FAULT_ROWS } from './fault-rows.ts'
import type { Row } from './row.ts'
import { SECURITY_ROWS } from './security-rows.ts'

export const ROWS: readonly Row[] = [...FAULT_ROWS, ...SECURITY_ROWS]

/** A test's file, below test/, and words of its name. */
export interface NamedTest {
  readonly file: string
  readonly words: string
}

export function namedTest(text: string): NamedTest {
  const [file = '', ...rest] = text.split(' > ')
  return { file, words: rest.join(' > ') }
}

export type Status = 'passed' | 'failed' | 'not run'

/** What is needed of a JSON report of vitest. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string // the file
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

/** Files that hold cases and no tests are run by these. */
const RUN_BY: Readonly<Record<string, string>> = {
  'conformance/cases.ts': 'transport/conformance.test.ts',
  'conformance/account-cases.ts': 'transport/conformance.test.ts',
  'lab/support/hostile-host.ts': 'lab/transport.test.ts',
}
/** Where the tests of a named file are run. */
export const runFile = (file: string): string => `test/${RUN_BY[file] ?? file}`

/** How the tests of that file with these words in their names ended, taken together. */
export function statusOf({ file, words }: NamedTest, reports: readonly Report[]): Status {
  const files = reports.flatMap(({ testResults }) => testResults).filter(({ name }) => name.endsWith(runFile(file)))
  const named = files.flatMap((one) => one.assertionResults).filter(({ fullName }) => fullName.includes(words))
  const ended = named.filter(({ status }) => /^(?:passed|failed)$/.test(status))
  if (ended.length === 0) return 'not run'
  return ended.every(({ status }) => status === 'passed') ? 'passed' : 'failed'
}

/** The rows as text, each with its tests and how they ended; the last line counts. */
export function tableText(reports: readonly Report[]): string {
  const lines = ROWS.flatMap(({ id, what, tests, open }) => [
    `${id.padEnd(4)}${what}`,
    ...tests.map((text) => `      ${statusOf(namedTest(text), reports).padEnd(8)} ${text}`),
    ...(open === undefined ? [] : [`      ${tests.length === 0 ? 'not tested' : 'beyond'}: ${open}`]),
  ])
  const states = statesOf(reports)
  const count = (state: Status | 'not tested'): number => states.filter((one) => one === state).length
  const counts = (['passed', 'failed', 'not run', 'not tested'] as const).map((state) => `${count(state)} ${state}`)
  return [...lines, ...failures(reports), '', `${ROWS.length} rows: ${counts.join(', ')}`].join('\n')
}

/** What tests that failed said: a row alone tells nobody why. */
const failures = (reports: readonly Report[]): readonly string[] =>
  reports
    .flatMap(({ testResults }) => testResults)
    .flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === 'failed')
        .flatMap(({ fullName, failureMessages = [] }) => ['', `FAILED ${name} > ${fullName}`, ...failureMessages]),
    )

const statesOf = (reports: readonly Report[]): readonly (Status | 'not tested')[] =>
  ROWS.map(({ tests }) => rowStatus(tests, reports))

function rowStatus(tests: readonly string[], reports: readonly Report[]): Status | 'not tested' {
  if (tests.length === 0) return 'not tested'
  const states = tests.map((text) => statusOf(namedTest(text), reports))
  return states.includes('failed') ? 'failed' : states.includes('not run') ? 'not run' : 'passed'
}

/**
 * Prints the table from reports of vitest (`--reporter=json`); without any, runs the tests first, those on real hosts too. True where every
 * row that names tests has them run and passed.
 */
export function printTable(reportFiles: readonly string[], print: (text: string) => void): boolean {
  const reports = reportFiles.length > 0 ? reportFiles.map(readReport) : [runTests()]
  print(tableText(reports))
  return statesOf(reports).every((state) => state === 'passed' || state === 'not tested')
}

const readReport = (file: string): Report => JSON.parse(readFileSync(file, 'utf8')) as Report // vitest's JSON report

function runTests(): Report {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-table-'))
  const file = join(folder, 'report.json')
  const files = new Set(ROWS.flatMap(({ tests }) => tests.map((text) => namedTest(text).file)))
  const paths = new Set([...files].map(runFile))
  spawnSync('vitest', ['run', '--reporter=json', `--outputFile=${file}`, ...paths], { stdio: ['ignore', 2, 2] })
  const report = readReport(file)
  rmSync(folder, { recursive: true })
  return report
}
