import type { JsonObject } from '../model/json.ts'
import { DURATION_PATTERN } from './duration.ts'

/** What names a runbook. */
export const RUNBOOK_NAME = '^[a-z0-9]+(-[a-z0-9]+)*$'
const NAME_PATTERN = '^[a-z_][a-z0-9_]*$'

/** A text; `more` are other keywords. */
export function text(description: string, more: JsonObject = {}): JsonObject {
  return { type: 'string', description, ...more }
}

/** A time as the language writes it. */
export function duration(description: string): JsonObject {
  return { type: 'string', description: `${description}: 250ms, 60s, 5m, 2h`, pattern: DURATION_PATTERN }
}

/** As `schema`, or a template that gives such a value. */
export function templated(schema: JsonObject): JsonObject {
  return { ...schema, pattern: `${schema.pattern}|^[^{]*\\{\\{.*\\}\\}[^}]*$` }
}

/** Members under names of the author's own. */
export function named(description: string, member: JsonObject): JsonObject {
  return { type: 'object', description, patternProperties: { [NAME_PATTERN]: member }, additionalProperties: false }
}
