import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'

// `npm test`: everything, in the order in which it is cheapest to fail, and one line of counts at the end.

interface Counts {
  readonly passed: number
  readonly failed: number
}

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-test-'))

/** A check that is one test of its own: it passed or it failed. */
function check(name: string, argv: readonly [string, ...string[]]): Counts {
  console.log(`\n> ${name}`)
  const [command, ...args] = argv
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** A vitest project with the counts that vitest itself reports; a run that does not end by itself counts as one failure. */
function suite(project: string): Counts {
  console.log(`\n> ${project} tests`)
  const file = path.join(folder, `${project}.json`)
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const { status } = spawnSync('vitest', args, { stdio: 'inherit' })
  const { passed, failed } = countsIn(file)
  return status === 0 || failed > 0 ? { passed, failed } : { passed, failed: failed + 1 }
}

function countsIn(file: string): Counts {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as { numPassedTests: number; numFailedTests: number } // vitest's JSON report
    return { passed: report.numPassedTests, failed: report.numFailedTests }
  } catch {
    return { passed: 0, failed: 1 }
  }
}

const counts = [
  check('types', ['tsc', '--noEmit']),
  check('lint and format', ['biome', 'ci', '--error-on-warnings', '.']),
  suite('architecture'),
  suite('unit'),
  suite('differential'),
  suite('lab'),
]
rmSync(folder, { recursive: true })
const passed = counts.reduce((sum, count) => sum + count.passed, 0)
const failed = counts.reduce((sum, count) => sum + count.failed, 0)
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
