import { type Problem, ProblemError } from '../../src/model/problem.ts'
import type { Span } from '../../src/model/source.ts'

/** What an input showed to be wrong in the program. */
export class Finding extends Error {}

const PROTOTYPES = [Object, Array, Function, String, Number, Boolean, Map, Set, Promise].map(
  (one): object => one.prototype as object,
)
const keysNow = (): string => PROTOTYPES.map((one) => Reflect.ownKeys(one).map(String).join()).join(';')
const KEYS = keysNow()

/** Throws when anything was added to, or taken from, what all objects inherit. */
export function checkPrototypes(): void {
  if (keysNow() !== KEYS) throw new Finding('a prototype of the language was changed')
}

/** Runs it; problems are an answer, everything else that is thrown is a finding. */
export function answers<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof ProblemError) return undefined
    if (thrown instanceof Finding) throw thrown
    throw new Finding(`threw ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`)
  }
}

/** Every problem must say where it is: a place that the text has. */
export function checkPlaces(problems: readonly Problem[], file: string, text: string): void {
  const lines = text.split('\n')
  for (const problem of problems) {
    if (problem.kind === 'internal') throw new Finding(`an internal problem: ${problem.message}`)
    if (/\n/.test(problem.message)) throw new Finding(`a message of several lines: ${JSON.stringify(problem.message)}`)
    if (!problem.at) throw new Finding(`no place: ${problem.message}`)
    if (problem.at.file === file) checkPlace(problem.at, lines, problem.message)
  }
}

function checkPlace({ line, column, length }: Span, lines: readonly string[], message: string): void {
  const width = lines[line - 1]?.length
  if (width === undefined || line < 1) throw new Finding(`line ${line} of ${lines.length}: ${message}`)
  const isInside = column >= 1 && column <= width + 1 && length >= 1
  if (!isInside || !Number.isSafeInteger(column + length))
    throw new Finding(`${line}:${column}+${length} in a line of ${width}: ${message}`)
}
