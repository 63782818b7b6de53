import { createRequire } from 'node:module'
import type * as Library from 'ajv'
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv'
import { isObject, type Json, type JsonObject } from '../model/json.ts'
import { isFilledLater, type SchemaError, type SchemaFault, schemaFaultsOf } from './schema-fault.ts'
import { surelyFits, type Templates } from './surely-fits.ts'

/** Loaded when something does not surely fit: evaluating it costs a start-up of some milliseconds. */
const require = createRequire(import.meta.url)
let ajv: Ajv | undefined

/** Strict, without `$data`, coercion or defaults: a check says what is wrong and changes nothing. */
function makeAjv(): Ajv {
  const library = require('ajv') as typeof Library
  const made = new library.Ajv({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allErrors: true,
    verbose: true,
    inlineRefs: false,
    validateSchema: false, // compiling refuses wrong keywords too, and the schema of schemas costs 40 ms of start-up
    logger: false,
    meta: false,
    code: { optimize: false }, // what is compiled runs once or twice
  })
  for (const format of ['cel', 'shell', 'controller-file', 'controller-folder', 'controller-template', 'regex'])
    made.addFormat(format, true)
  return made
}

/** Compiled once per schema object: compiling costs milliseconds. */
const compiled = new WeakMap<object, ValidateFunction>()

/**
 * Everything by which a value differs from its schema, one fault per mistake; empty when it fits. With templates
 * `later`, a text that holds `{{` fits everywhere: it is checked again when bound.
 */
export function schemaFaults(schema: JsonObject, value: Json, templates: Templates): readonly SchemaFault[] {
  if (surelyFits(schema, value, templates)) return []
  const validate = compile(schema)
  if (validate(value)) return []
  const faults = schemaFaultsOf((validate.errors ?? []).map(plainError))
  return templates === 'none' ? faults : faults.filter((fault) => !isFilledLater(fault, value))
}

function compile(schema: JsonObject): ValidateFunction {
  ajv ??= makeAjv()
  const validate = compiled.get(schema) ?? ajv.compile(schema)
  compiled.set(schema, validate)
  return validate
}

/** What nearly every parameter's schema fits; what fits it is a JSON Schema, where its pattern compiles. */
const PLAIN_SCHEMA: JsonObject = {
  properties: {
    type: { enum: ['string', 'integer', 'number', 'boolean'] },
    title: { type: 'string' },
    description: { type: 'string' },
    default: {},
    enum: { type: 'array', minItems: 1, items: { type: ['string', 'number', 'boolean'] } },
    minimum: { type: 'number' },
    maximum: { type: 'number' },
    minLength: { type: 'integer', minimum: 0 },
    maxLength: { type: 'integer', minimum: 0 },
    pattern: { type: 'string' },
  },
  required: ['type'],
  additionalProperties: false,
}

/** Why `schema` is no JSON Schema, for parameters' own schemas; undefined when it is one. */
export function whyNoSchema(schema: JsonObject): string | undefined {
  try {
    if (surelyFits(PLAIN_SCHEMA, schema, 'none') && new RegExp(String(schema.pattern ?? ''), 'u')) return undefined
    compile(schema)
    return undefined
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

const plainError = (error: ErrorObject): SchemaError => ({
  keyword: error.keyword,
  pointer: error.instancePath,
  schemaPath: error.schemaPath,
  params: isObject(error.params) ? error.params : {},
  message: error.message ?? 'does not fit',
  data: error.data,
  schema: error.schema,
  parentSchema: isObject(error.parentSchema) ? error.parentSchema : {},
  ...(error.propertyName === undefined ? {} : { propertyName: error.propertyName }),
})
