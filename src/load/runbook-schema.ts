import { isObject, type Json, type JsonObject } from '../model/json.ts'
import type { Module, Modules } from '../model/module.ts'
import { diagnosisSchema } from './diagnosis-schema.ts'
import { duration, named, RUNBOOK_NAME, templated, text } from './schema-parts.ts'

const ID_PATTERN = '^[a-z0-9][a-z0-9_-]*$'

/** Keywords of every step, besides the one that names its module. */
export const STEP_KEYWORDS = {
  id: text('Unique name of the step, for when_changed and for reports', { pattern: ID_PATTERN }),
  name: text('What the step does, for people'),
  when: {
    type: ['string', 'boolean'],
    description: 'CEL condition; the step is skipped on hosts where it is false',
  },
  when_changed: {
    description: 'Id or ids of earlier steps: runs only where one of them changed something',
    anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }],
  },
  as: text("Name under which later templates and expressions see this step's output", {
    pattern: '^[a-z_][a-z0-9_]*$',
  }),
  kept: {
    type: 'boolean',
    description:
      'Of a fact: a run that goes on takes it as its stage began with it, on hosts that it has changed since',
  },
  on: text('Host of the inventory that the step works on, in place of its own: "{{ hypervisor }}"', { minLength: 1 }),
  become: { type: 'boolean', description: 'Run as root through sudo; default is the become of the runbook' },
  run_once: { type: 'boolean', description: 'Run on the first host of the stage only' },
  retry: {
    type: 'object',
    description: 'Try again when the step fails, or until a condition holds',
    properties: {
      times: { type: 'integer', minimum: 1, maximum: 100, description: 'Further attempts' },
      every: duration('Pause between two attempts'),
      until: {
        type: ['string', 'boolean'],
        description: 'CEL condition on `output`, what the step gave; not waited for in a plan',
      },
    },
    required: ['times'],
    additionalProperties: false,
  },
  timeout: duration('Longest time the step may take on a host'),
  confirm_within: duration(
    'The host undoes the step by itself unless a new connection and login confirm it within this time',
  ),
  undo: { type: 'object', description: 'How the step is undone: another module and its arguments', minProperties: 1 },
  irreversible: { type: 'boolean', description: 'May run although it cannot be undone; the plan says so' },
  before_undo: { type: 'boolean', description: "Run again before this host's steps are undone" },
  commit: { type: 'boolean', description: 'Point of no return: steps before it are not undone after it ran' },
} as const satisfies Readonly<Record<string, JsonObject>>

/** Words of the language that mean nothing as keywords of a step: what is told, and what to write. */
export const MISPLACED_KEYWORDS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  until: ['until belongs into retry', 'retry: {times: 10, every: 5s, until: "output.ready"}'],
  check: ['check is an argument of shell and of command, not a keyword of a step', 'shell: {script: ..., check: ...}'],
  include: ['include stands in the place of a stage, not of a step', 'stages: [{include: NAME, params: {...}}, ...]'],
}

/** Keywords of a measure, besides its module. */
export const MEASURE_KEYWORDS = {
  unit: text('Unit of the number, as shown: ms, 1/h, %'),
  target: text('CEL condition on `value` (and `before`, null the first time): value < 10'),
  description: text('What is measured and why'),
  source: text('Where the threshold in `target` comes from'),
  when: {
    type: ['string', 'boolean'],
    description: 'CEL condition; the number is not taken on hosts where it is false',
  },
  become: STEP_KEYWORDS.become,
  timeout: STEP_KEYWORDS.timeout,
} as const satisfies Readonly<Record<string, JsonObject>>

/** JSON Schema keywords that a parameter may use. */
export const PARAM_KEYWORDS = {
  type: { enum: ['string', 'integer', 'number', 'boolean', 'array', 'object'], description: 'Type of the value' },
  description: text('What the parameter is for'),
  default: { description: 'Value when nothing else sets it; without one the parameter must be given' },
  unit: text('Unit of the number, as shown'),
  secret: { type: 'boolean', description: 'Its value is never shown nor kept; see docs/secrets.md' },
  enum: { type: 'array', minItems: 1, description: 'The values it may have' },
  minimum: { type: 'number' },
  maximum: { type: 'number' },
  exclusiveMinimum: { type: 'number' },
  exclusiveMaximum: { type: 'number' },
  multipleOf: { type: 'number', exclusiveMinimum: 0 },
  minLength: { type: 'integer', minimum: 0 },
  maxLength: { type: 'integer', minimum: 0 },
  pattern: text('ECMAScript regular expression that the text must match', { format: 'regex' }),
  items: { type: 'object', description: "JSON Schema of a list's members" },
  minItems: { type: 'integer', minimum: 0 },
  maxItems: { type: 'integer', minimum: 0 },
  uniqueItems: { type: 'boolean' },
  properties: {
    type: 'object',
    additionalProperties: { type: 'object' },
    description: "JSON Schemas of an object's members",
  },
  required: { type: 'array', items: { type: 'string' } },
  additionalProperties: { type: ['boolean', 'object'] },
} as const satisfies Readonly<Record<string, JsonObject>>

/** Which schema stands for a step, in facts, guards, gates and stages. */
interface StepSchemas {
  readonly step: JsonObject
  readonly measure: JsonObject
  readonly entry: (stage: JsonObject) => JsonObject // of `stages`
}

/** The whole language for editors (draft-07): every module's arguments, templates allowed in place of values. */
export function runbookSchema(modules: Modules): JsonObject {
  const args = [...modules.values()].map((module): [string, JsonObject] => [module.name, argsSchema(module)])
  const definitions = Object.fromEntries(args.map(([name, schema]) => [`args.${name}`, schema]))
  const byModule = Object.fromEntries(args.map(([name]) => [name, { $ref: `#/definitions/args.${name}` }]))
  const oneModule = { oneOf: [...modules.keys()].map((name) => ({ required: [name] })) }
  const withModules = (keywords: JsonObject): JsonObject => ({
    type: 'object',
    properties: { ...keywords, ...byModule },
    additionalProperties: false,
    ...oneModule,
  })
  const undo = { ...STEP_KEYWORDS.undo, properties: byModule, additionalProperties: false, ...oneModule }
  const step = withModules({ ...STEP_KEYWORDS, undo })
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Runbook',
    ...documentSchema({
      step: { $ref: '#/definitions/step' },
      measure: withModules(MEASURE_KEYWORDS),
      entry: stageOrInclude,
    }),
    definitions: { step, ...definitions },
  }
}

/** The shape of a runbook without its modules' arguments, which are checked module by module. */
export const structureSchema: JsonObject = structureWith((stage) => stage)

/** Likewise, of one that includes others: it has to be compiled by ajv, which costs milliseconds. */
export const structureSchemaWithIncludes: JsonObject = structureWith(stageOrInclude)

function structureWith(entry: StepSchemas['entry']): JsonObject {
  return {
    ...documentSchema({ step: { $ref: '#/definitions/step' }, measure: { $ref: '#/definitions/measure' }, entry }),
    definitions: {
      step: { type: 'object', properties: STEP_KEYWORDS },
      measure: { type: 'object', properties: MEASURE_KEYWORDS, required: ['unit'] },
    },
  }
}

function stageOrInclude(stage: JsonObject): JsonObject {
  const include = {
    type: 'object',
    properties: {
      include: text('Name of another runbook, whose stages come here', { pattern: RUNBOOK_NAME }),
      id: text('What the ids of its steps begin with; default is its name', { pattern: ID_PATTERN }),
      when: { type: ['string', 'boolean'], description: 'CEL condition, decided once in a run, for all of it' },
      params: { type: 'object', description: 'Values of its parameters; what is left out has its default' },
    },
    required: ['include'],
    additionalProperties: false,
  }
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, never awaited
  return { if: { required: ['include'] }, then: include, else: stage }
}

function documentSchema({ step, measure, entry }: StepSchemas): JsonObject {
  const steps = (description: string): JsonObject => ({ type: 'array', description, items: step })
  const rolling = rollingSchema(
    steps('Read-only steps that must hold before the first batch, between batches and after the last'),
  )
  const stage = {
    type: 'object',
    properties: {
      name: text('What the stage does'),
      hosts: text("Pattern that narrows the runbook's hosts"),
      rolling,
      steps: { ...steps('Steps, in order'), minItems: 1 },
    },
    required: ['name', 'steps'],
    additionalProperties: false,
  }
  return {
    type: 'object',
    properties: {
      name: text('Name of the runbook, equal to its file name', { pattern: RUNBOOK_NAME }),
      summary: text('What the runbook does, in one line', { pattern: '^[^\\n]*$' }),
      description: text('Background, in Markdown'),
      symptoms: { type: 'array', items: { type: 'string' }, description: 'Messages and sights that lead here' },
      hosts: text('Pattern of the hosts it runs on, as in Ansible: etcd, etcd:&prod, all:!lab'),
      become: { type: 'boolean', description: 'Run steps as root through sudo; default false' },
      params: named('Parameters: set by default < inventory < --vars-file < --set', paramSchema()),
      facts: steps('Read-only steps with `as`: run on every host first, and again when a stage starts'),
      vars: named('Values computed after the facts, in order: a literal, a template, or {expr: CEL}', {}),
      guards: steps('Read-only steps: a blocked one stops everything before the first write'),
      measure: named('Numbers taken before, after, and after a rollback', measure),
      diagnose: diagnosisSchema(measure),
      rolling,
      on_failure: {
        enum: ['stop', 'rollback_host', 'rollback_run'],
        description: 'When a step fails: stop, undo that host, or undo the whole run; default stop',
      },
      on_missed_target: {
        enum: ['keep', 'rollback_run'],
        description:
          'When a measure misses its target after the run: keep what was changed and say so, or undo it; default keep',
      },
      stages: {
        type: 'array',
        items: entry(stage),
        minItems: 1,
        description: 'Stages, one after the other on all their hosts',
      },
      steps: { ...steps('Steps of a runbook with one stage'), minItems: 1 },
    },
    required: ['name', 'summary', 'hosts'],
    additionalProperties: false,
  }
}

function rollingSchema(gate: JsonObject): JsonObject {
  const size = {
    anyOf: [
      { type: 'integer', minimum: 1 },
      text('A share of the hosts, from 1% to 100%', { pattern: '^([1-9][0-9]?|100)%$' }),
    ],
  }
  return {
    type: 'object',
    description: 'How many hosts at a time, in which order, and what must hold in between',
    properties: {
      batch: {
        description: 'Hosts at a time: 1, 25%, or a list whose last member repeats',
        anyOf: [...size.anyOf, { type: 'array', items: size, minItems: 1 }],
      },
      order_by: text('CEL value per host; ascending, false before true'),
      gate,
      soak: templated(duration('Wait after each batch; then the gate must still hold')),
      max_failed: { type: 'integer', minimum: 0, description: 'Failed hosts beyond this stop the run; default 0' },
    },
    additionalProperties: false,
  }
}

function paramSchema(): JsonObject {
  const required = ['type', 'description']
  return { type: 'object', properties: PARAM_KEYWORDS, required, additionalProperties: false }
}

const argsSchema = (module: Module): JsonObject => ({
  description: `${module.summary}\n\nExample:\n${module.example}`,
  ...withTemplates(plainSchema(module)),
})

/** TypeBox marks its schemas with properties of its own; JSON has none of them. */
export const plainSchema = (module: Module): JsonObject => JSON.parse(JSON.stringify(module.args)) as JsonObject // sealed: a schema is JSON

const TEMPLATE = { type: 'string', pattern: '\\{\\{' }

/** The same schema with a template allowed in place of any value but the whole. */
function withTemplates(schema: JsonObject): JsonObject {
  const { properties, patternProperties, items } = schema
  return {
    ...schema,
    ...(isObject(properties) ? { properties: eachMember(properties as JsonObject) } : {}),
    ...(isObject(patternProperties) ? { patternProperties: eachMember(patternProperties as JsonObject) } : {}),
    ...(isObject(items) ? { items: orTemplate(items as JsonObject) } : {}),
  }
}

const eachMember = (members: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(members).map(([key, member]) => [key, orTemplate(member)]))

function orTemplate(schema: Json): Json {
  if (!isObject(schema)) return schema
  const inner = schema as JsonObject // sealed: a member of a JSON schema
  if (inner.type === 'string' && inner.pattern === undefined) return inner
  const { description, ...rest } = withTemplates(inner)
  return { ...(description === undefined ? {} : { description }), anyOf: [rest, TEMPLATE] }
}
