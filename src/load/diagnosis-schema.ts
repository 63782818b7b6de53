import type { JsonObject } from '../model/json.ts'
import { named, RUNBOOK_NAME, text } from './schema-parts.ts'

/** The section `diagnose`; evidence is written as measures are. */
export function diagnosisSchema(measure: JsonObject): JsonObject {
  const remedy = {
    type: 'object',
    properties: {
      runbook: text('Name of the runbook', { pattern: RUNBOOK_NAME }),
      when: text('CEL condition on a host that has the cause: only then does it follow'),
      why: text('Why it helps, in one line'),
    },
    required: ['runbook'],
    additionalProperties: false,
  }
  const cause = {
    type: 'object',
    properties: {
      name: text('What is the cause, in a word or two'),
      when: text('CEL condition on `evidence`: evidence.NAME.bad, .known, .value, .more; sees other hosts in `hosts`'),
      says: text('What was seen, for people; a template that sees `evidence`'),
      remedies: { type: 'array', items: remedy, description: 'Runbooks that deal with it, best first' },
    },
    required: ['name', 'when', 'says'],
    additionalProperties: false,
  }
  return {
    type: 'object',
    description: 'For `runbook diagnose`: what is looked at besides the measures, and what follows from all of it',
    properties: {
      evidence: named('Numbers with thresholds (`target`) and where these come from (`source`)', measure),
      causes: { type: 'array', items: cause, description: 'Causes, in the order in which they are to be dealt with' },
    },
    additionalProperties: false,
  }
}
