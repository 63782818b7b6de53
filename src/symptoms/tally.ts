import { matchesWildcard } from '../model/wildcard.ts'
import { messageOf } from './message-of.ts'
import { signatureOf } from './signature.ts'
import { addTime, newSpread, type Spread, type SpreadBuilder, spreadOf } from './spread.ts'
import { timeIn } from './time-in.ts'

/** What a runbook says it is for. */
export interface Symptomatic {
  readonly name: string
  readonly summary: string
  readonly symptoms: readonly string[]
}

/** How often one symptom was seen, and how long what it tells of took. */
export interface SeenSymptom {
  readonly symptom: string
  readonly lines: number
  readonly example: string
  readonly took?: Spread
}

export interface MatchedRunbook {
  readonly name: string
  readonly summary: string
  readonly lines: number // that show any of its symptoms
  readonly symptoms: readonly SeenSymptom[] // most lines first
}

/** What a log says, in counts; format version 1. */
export interface Tally {
  readonly format: 1
  readonly lines: number
  readonly matched: number // lines that show a symptom of any runbook
  readonly runbooks: readonly MatchedRunbook[] // most lines first
  readonly others: readonly { readonly signature: string; readonly lines: number }[] // most frequent of the rest
}

interface Symptom {
  readonly runbook: number
  readonly text: string
  readonly pattern: string
  lines: number
  example: string
  readonly took: SpreadBuilder
}

/** What is known of lines with one signature. */
interface Kind {
  readonly symptoms: readonly Symptom[]
  readonly runbooks: readonly number[]
  lines: number
}

const MOST_KINDS = 5_000 // signatures kept; beyond, lines are looked at one by one, and told among no others
const MOST_OTHERS = 5
const LONGEST_EXAMPLE = 300 // characters

/** Takes lines one by one and counts, in memory that does not grow with their number. */
export interface Tallying {
  take(line: string): void
  result(): Tally
}

/** A line shows a symptom when the symptom's signature is part of the line's; case does not matter, `*` stands for anything. */
export function makeTallying(runbooks: readonly Symptomatic[]): Tallying {
  const symptoms = runbooks.flatMap(({ symptoms: all }, runbook) =>
    all.filter(tellsSomething).map((text) => symptomOf(text, runbook)),
  )
  const kinds = new Map<string, Kind>()
  const perRunbook = runbooks.map(() => 0)
  const counts = { lines: 0, matched: 0 }

  const kindOf = (signature: string): Kind => {
    const known = kinds.get(signature)
    if (known) return known
    const lower = signature.toLowerCase()
    const shown = symptoms.filter(({ pattern }) => matchesWildcard(lower, pattern))
    const kind = { symptoms: shown, runbooks: [...new Set(shown.map(({ runbook }) => runbook))], lines: 0 }
    if (kinds.size < MOST_KINDS) kinds.set(copyOf(signature), kind)
    return kind
  }

  return {
    take: (line) => {
      const message = messageOf(line)
      if (message.text === '') return
      counts.lines += 1
      const kind = kindOf(signatureOf(message.text))
      kind.lines += 1
      if (kind.symptoms.length === 0) return
      counts.matched += 1
      for (const runbook of kind.runbooks) perRunbook[runbook] = (perRunbook[runbook] ?? 0) + 1
      const ms = timeIn(message)
      for (const symptom of kind.symptoms) {
        symptom.lines += 1
        if (symptom.example === '') symptom.example = copyOf(message.text.slice(0, LONGEST_EXAMPLE))
        if (ms !== undefined) addTime(symptom.took, ms)
      }
    },
    result: () => ({
      format: 1,
      ...counts,
      runbooks: runbooks
        .map(({ name, summary }, at) => ({ name, summary, lines: perRunbook[at] ?? 0, symptoms: seenOf(symptoms, at) }))
        .filter(({ lines }) => lines > 0)
        .toSorted((a, b) => b.lines - a.lines),
      others: [...kinds]
        .filter(([, kind]) => kind.symptoms.length === 0)
        .toSorted(([, a], [, b]) => b.lines - a.lines)
        .slice(0, MOST_OTHERS)
        .map(([signature, { lines }]) => ({ signature, lines })),
    }),
  }
}

/** Nothing but wildcards, or a letter or two, would be in every line. */
const tellsSomething = (symptom: string): boolean => signatureOf(symptom).replaceAll(/\P{L}/gu, '').length >= 4

/** A part of a string keeps all of it in memory, here a chunk of a log. */
const copyOf = (part: string): string => Buffer.from(part).toString()

const symptomOf = (text: string, runbook: number): Symptom => ({
  runbook,
  text,
  pattern: `*${signatureOf(text).toLowerCase()}*`,
  lines: 0,
  example: '',
  took: newSpread(),
})

const seenOf = (symptoms: readonly Symptom[], runbook: number): readonly SeenSymptom[] =>
  symptoms
    .filter((symptom) => symptom.runbook === runbook && symptom.lines > 0)
    .toSorted((a, b) => b.lines - a.lines)
    .map(({ text, lines, example, took }) => ({
      symptom: text,
      lines,
      example,
      ...(took.count > 0 ? { took: spreadOf(took) } : {}),
    }))
