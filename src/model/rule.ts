import type { Severity } from './problem.ts'

/**
 * What there is to know of a rule that files are checked by. `wrong` breaks it and `right` does not: both are the body of
 * a runbook, without its name, summary and hosts.
 */
export interface RulePage {
  readonly id: string // kebab-case, stable: waivers and machine readers name it
  readonly severity: Severity
  readonly waivable?: false // of a rule that no comment in a runbook can allow; errors never can be
  readonly title: string // what is wrong, in a few words
  readonly why: string // why it matters, and what to do
  readonly wrong: string
  readonly right: string
}

export const isWaivable = ({ severity, waivable }: RulePage): boolean => severity !== 'error' && waivable !== false
