import type { RulePage } from '../model/rule.ts'
import type { Runbook, Stage, Step } from '../model/runbook.ts'
import type { Span } from '../model/source.ts'
import type { WrittenExpression } from './compiling.ts'
import type { YamlMap, YamlNode } from './yaml-node.ts'

/** A step beside the text that it was compiled from. */
export interface LintStep {
  readonly step: Step
  readonly node: YamlMap
  readonly args: YamlNode
  readonly part: 'look' | 'stage' // look: a fact, guard, measure or gate, which cannot change anything
  readonly stage?: Stage
}

/** What rules look at. */
export interface LintInput {
  readonly runbook: Runbook
  readonly root: YamlNode
  readonly expressions: readonly WrittenExpression[]
  readonly steps: readonly LintStep[] // in order of a run
  readonly inventoryNames: ReadonlySet<string> // names of its variables; none without an inventory
}

/** One place that breaks a rule. */
export interface Found {
  readonly at: Span
  readonly message: string
  readonly hint?: string
  readonly line?: number // on which the step begins that this is in: a waiver may stand there
}

/** A rule with the one function that finds what breaks it. */
export interface LintRule extends RulePage {
  /** `sound`: only where the runbook has no errors, because a part that is missing would mislead the rule. */
  readonly needs: 'text' | 'sound'
  find(input: LintInput): readonly Found[]
}
