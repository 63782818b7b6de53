import type { Modules } from '../model/module.ts'
import type { Problem, Result } from '../model/problem.ts'
import type { Runbook } from '../model/runbook.ts'
import type { Span } from '../model/source.ts'
import type { YamlScalar } from './yaml-node.ts'

/** What compiling one runbook collects on its way; owned by one loadRunbook. */
export interface Compiling {
  readonly modules: Modules
  readonly folder: string // where files that arguments name lie
  readonly problems: Problem[]
  readonly notes: Problem[] // remarks that stop nothing
  readonly open: (name: string) => Result<Runbook> // a runbook to include
  readonly expressions: WrittenExpression[] // those that parse, in order of the file
}

/** A CEL expression where it is written. */
export interface WrittenExpression {
  readonly node: YamlScalar
  readonly wanted: 'boolean' | 'any'
}

/** A root name that a template or expression needs, and where it says so. */
export interface NameUse {
  readonly name: string
  readonly at: Span
}
