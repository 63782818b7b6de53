import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'

// `npm test`: everything, in the order in which it is cheapest to fail; then what is promised with the tests that proved it just now, what
// failed, and one line of counts at the end.

interface Outcome {
  readonly passed: number
  readonly failed: readonly string[] // by what each is called
}

/** As vitest's JSON report has it. */
interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

const SUITES = ['architecture', 'unit', 'differential', 'lab'] as const

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-test-'))

/** A check that is one test of its own: it passed or it failed. */
function check(name: string, argv: readonly [string, ...string[]]): Outcome {
  console.log(`\n> ${name}`)
  const [command, ...args] = argv
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  return status === 0 ? { passed: 1, failed: [] } : { passed: 0, failed: [name] }
}

/** A vitest project with what vitest itself reports; a run that does not end by itself counts as one failure. */
function suite(project: string): Outcome {
  console.log(`\n> ${project} tests`)
  const file = reportOf(project)
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const { status } = spawnSync('vitest', args, { stdio: 'inherit' })
  const { passed, failed } = outcomeIn(file)
  return status === 0 || failed.length > 0 ? { passed, failed } : { passed, failed: [`${project} tests as a whole`] }
}

const reportOf = (project: string): string => path.join(folder, `${project}.json`)

function outcomeIn(file: string): Outcome {
  try {
    const { numPassedTests, testResults } = JSON.parse(readFileSync(file, 'utf8')) as Report
    return { passed: numPassedTests, failed: testResults.flatMap(failuresOf) }
  } catch {
    return { passed: 0, failed: [`no report in ${path.basename(file)}`] }
  }
}

/** A file that fails without any of its tests (it cannot be read, or a hook threw) counts once. */
function failuresOf({ name, status, assertionResults }: Report['testResults'][number]): readonly string[] {
  const file = path.relative(process.cwd(), name)
  const failed = assertionResults.filter((test) => test.status === 'failed')
  if (failed.length === 0) return status === 'failed' ? [file] : []
  return failed.map(({ fullName }) => `${file}: ${fullName}`)
}

const outcomes = [
  check('types', ['tsc', '--noEmit']),
  check('lint and format', ['biome', 'ci', '--error-on-warnings', '.']),
  ...SUITES.map(suite),
  check('what is promised, with its tests', [
    'node',
    'test/faults/main.ts',
    '--table',
    ...SUITES.flatMap((project) => ['--report', reportOf(project)]),
  ]),
]
rmSync(folder, { recursive: true })
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0)
const failed = outcomes.flatMap((outcome) => outcome.failed)
if (failed.length > 0) console.log(`\nFailed:\n${failed.map((name) => `  ${name}`).join('\n')}`)
console.log(`\n${passed} passed, ${failed.length} failed`)
process.exitCode = failed.length === 0 && passed > 0 ? 0 : 1
