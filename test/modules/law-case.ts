import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import type { JsonObject } from '../../src/model/json.ts'

/** One case of one module, as data: a situation on a host, arguments, and what must come of them. */
export interface LawCase {
  readonly name: string
  readonly needs?: readonly string[] // what the host must offer
  readonly setup?: string // shell text, run in the case's folder ($S); must succeed
  readonly teardown?: string
  readonly args: JsonObject // as in a runbook; $S stands for the case's folder
  readonly bound?: JsonObject // what binding makes of some of them (the value of a CEL condition)
  readonly expect: 'noop' | 'change' | 'blocked' | 'fails' // fails: reading throws a ProblemError
  readonly says?: string // regular expression on the summary or message
  readonly shows?: string // regular expression on the details of a change, as JSON
  readonly output?: JsonObject // members that the output has
  readonly before?: string // shell text between planning and applying
  readonly refuses?: string // regular expression on the problem of applying, which then must change nothing
  readonly holds?: string // shell text that succeeds after applying
  readonly watch?: readonly string[] // folders besides $S that must be as before after undoing
  readonly observe?: string // shell text whose output must be as before after undoing
  readonly units?: readonly string[] // units whose state must be as before
}

export interface CaseFile {
  readonly module: string
  readonly cases: readonly LawCase[]
}

/** All case files beside this one. */
export function readCaseFiles(): readonly CaseFile[] {
  const folder = import.meta.dirname
  return readdirSync(folder)
    .filter((name) => name.endsWith('.cases.yaml'))
    .map((name) => parse(readFileSync(path.join(folder, name), 'utf8')) as CaseFile) // sealed: our own data
}

/** A value with every `$S` in it replaced. */
export function placed<T>(value: T, folder: string): T {
  return JSON.parse(JSON.stringify(value).replaceAll('$S', folder)) as T // sealed: JSON in, the same JSON out
}
