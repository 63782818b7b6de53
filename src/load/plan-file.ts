import { isObject, type Json, type JsonObject } from '../model/json.ts'
import type { Plan } from '../model/plan.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import { schemaFaults } from './schema-check.ts'
import { nameOf } from './schema-fault.ts'

const FORMAT = 1
const MAX_PROBLEMS = 5 // a file of another kind differs everywhere

const list = (items: JsonObject): JsonObject => ({ type: 'array', items })
const object = (properties: JsonObject, optional: readonly string[] = []): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((key) => !optional.includes(key)),
})
const string: JsonObject = { type: 'string' }
const strings = list(string)

const decision: JsonObject = {
  type: 'object',
  required: ['kind'],
  properties: { kind: { enum: ['noop', 'change', 'skipped', 'deferred', 'blocked'] }, change: { type: 'object' } },
}

const span = object({
  file: string,
  line: { type: 'integer' },
  column: { type: 'integer' },
  length: { type: 'integer' },
})

const step = object(
  {
    host: string,
    on: string,
    step: string,
    name: string,
    module: string,
    resources: strings,
    decision,
    commit: { type: 'boolean' },
    at: span,
  },
  ['on'],
)

/** The shape of a plan file, as far as applying it relies on it; more members are left to later versions. */
const planSchema = object({
  format: { const: FORMAT },
  tool: string,
  createdAt: string,
  runbook: object({ name: string, file: string, sha256: string }),
  inventory: object({ sources: strings, sha256: string, limit: string }, ['limit']),
  params: list(object({ name: string, value: {}, origin: string, host: string }, ['host'])),
  hosts: list(object({ host: string, machineId: string, bootId: string })),
  facts: { type: 'object' },
  guards: list(step),
  measures: list({ type: 'object', required: ['measure', 'host', 'phase', 'value', 'unit'] }),
  stages: list(object({ name: string, batches: list(strings), steps: list(step) })),
})

/** Reads what `plan --out` wrote; another format, a cut file or another kind of file is a problem of kind plan-stale. */
export function parsePlanFile(text: string, file: string): Result<Plan> {
  const parsed = parseJson(text, file)
  if (!parsed.ok) return parsed
  const value = parsed.value
  const format = isObject(value) ? value.format : undefined
  if (format === undefined) return fail([stale(`${file} is no plan of runbook`)])
  if (format !== FORMAT)
    return fail([stale(`${file} has plan format ${String(format)}, and this version reads ${FORMAT}`)])
  const faults = schemaFaults(planSchema, value, 'none')
  if (faults.length === 0) return succeed(value as unknown as Plan) // sealed: just checked
  return fail(
    faults.slice(0, MAX_PROBLEMS).map(({ pointer, message }) => stale(`${file}: ${placed(pointer, message)}`)),
  )
}

const placed = (pointer: string, message: string): string =>
  message.endsWith('is missing') && pointer !== '' ? `${message} in ${nameOf(pointer)}` : message

function parseJson(text: string, file: string): Result<Json> {
  try {
    return succeed(JSON.parse(text) as Json) // sealed: JSON.parse gives JSON
  } catch (thrown) {
    const position = Number(/at position (\d+)/.exec(String(thrown))?.[1] ?? -1)
    const ended = /end of JSON|Unterminated/.test(String(thrown)) || position >= text.trimEnd().length
    const cut = text.trim() !== '' && ended
    const message = cut ? `${file} is cut off: its JSON ends too early` : `${file} is no JSON`
    return fail([{ ...stale(message), detail: thrown instanceof Error ? thrown.message : String(thrown) }])
  }
}

const stale = (message: string): Problem => ({
  kind: 'plan-stale',
  message,
  hint: 'make the plan again: runbook plan --out FILE',
})
