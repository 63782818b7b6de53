import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import type { StepId } from '../model/id.ts'
import type { Json } from '../model/json.ts'
import type { Problem } from '../model/problem.ts'
import { problemsText } from '../report/problem-text.ts'
import { styleFor, type Telling } from './look.ts'

/** Problems for people on stderr, or as JSON lines on stdout. */
export function tellProblems(
  problems: readonly Problem[],
  telling: Telling,
  nameOf: (step: StepId) => string | undefined = () => undefined,
): void {
  const { world, output } = telling
  const redacted = problems.map((one) => world.secrets.redactor.json(one as unknown as Json) as unknown as Problem) // sealed: the same members
  const shown = output.detail === 'verbose' ? redacted : redacted.map(withoutStack)
  if (output.format === 'json') {
    for (const problem of shown) world.stdout.write(`${JSON.stringify({ type: 'problem', problem })}\n`)
    return
  }
  const style = styleFor(world.stderr, telling)
  const few = output.detail === 'verbose' ? shown : shown.slice(0, MOST_SHOWN)
  const look = {
    style,
    nameOf,
    sourceOf: (file: string) => readSource(path.resolve(world.cwd, file)),
    lines: output.detail === 'verbose' ? 'all' : 'last',
  } as const
  world.stderr.write(problemsText(few, look))
  if (few.length < shown.length) world.stderr.write(`\nand ${shown.length - few.length} more: -v shows all\n`)
}

const MOST_SHOWN = 15 // the first ones explain the others; -v shows all

/** A defect of ours is told as one; where it is shows with -v only. */
function withoutStack(problem: Problem): Problem {
  if (problem.kind !== 'internal') return problem
  const { detail: _, ...rest } = problem
  return { hint: 'this is a defect of runbook, not a mistake of yours; `-v` shows where', ...rest }
}

const MAX_SOURCE_BYTES = 8 * 1024 * 1024 // as large as an inventory may be

function readSource(file: string): string | undefined {
  try {
    const stat = statSync(file)
    return stat.isFile() && stat.size <= MAX_SOURCE_BYTES ? readFileSync(file, 'utf8') : undefined
  } catch {
    return undefined // the place is told anyway
  }
}
