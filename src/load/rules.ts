import { isWaivable, type RulePage } from '../model/rule.ts'
import type { LintRule } from './lint-rule.ts'
import { NAME_RULES } from './rule-names.ts'
import { LOADING_PAGES, REMARK_PAGES } from './rule-pages.ts'
import { RISK_RULES } from './rule-risks.ts'
import { SECRET_RULES } from './rule-secrets.ts'
import { STEP_RULES } from './rule-steps.ts'
import { TYPE_RULES } from './rule-types.ts'

/** Every rule that a function of its own looks for. A new one is an entry in one of these, and its page follows. */
export const RULES: readonly LintRule[] = [...STEP_RULES, ...TYPE_RULES, ...NAME_RULES, ...RISK_RULES, ...SECRET_RULES]

/** Every page that `explain` prints, by id: the rules, remarks made elsewhere, and the kinds of errors of loading. */
export const RULE_PAGES: readonly RulePage[] = [...RULES, ...REMARK_PAGES, ...LOADING_PAGES].toSorted((a, b) =>
  a.id < b.id ? -1 : 1,
)

export const pageOf = (id: string): RulePage | undefined => RULE_PAGES.find((page) => page.id === id)

/** The rules that a comment may waive. */
export const WAIVABLE: ReadonlySet<string> = new Set(RULE_PAGES.filter(isWaivable).map(({ id }) => id))
