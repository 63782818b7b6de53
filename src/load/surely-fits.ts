import { isObject, type Json, type JsonObject } from '../model/json.ts'

/** Are there templates in the value that get theirs later? */
export type Templates = 'later' | 'none'

/**
 * Whether a value surely fits a schema, by walking both without compiling anything. False where it does not fit, and
 * where a keyword is met that is not known here: then ajv is asked, which compiles for milliseconds and says why.
 * Never true where ajv would find a fault (a property test compares them).
 */
export const surelyFits = (schema: JsonObject, value: Json, templates: Templates): boolean =>
  fits({ schema, value, root: schema, templates })

interface At {
  readonly schema: Json
  readonly value: Json
  readonly templates: Templates
  readonly root: JsonObject // where `$ref` leads into
}

type Check = (wanted: Json, at: At & { readonly schema: JsonObject }) => boolean

function fits(at: At): boolean {
  const { schema, value, templates } = at
  if (templates === 'later' && typeof value === 'string' && value.includes('{{')) return true
  if (!isObject(schema)) return schema === true
  const own = schema as JsonObject // sealed: an object of Json
  return Object.entries(own).every(
    ([keyword, wanted]) => CHECKS.get(keyword)?.(wanted, { ...at, schema: own }) === true,
  )
}

const always: Check = () => true

const bounds =
  (measure: (value: Json) => number | undefined, holds: (size: number, limit: number) => boolean): Check =>
  (wanted, { value }) => {
    const size = measure(value)
    return size === undefined || (typeof wanted === 'number' && holds(size, wanted))
  }
const least = (size: number, limit: number): boolean => size >= limit
const most = (size: number, limit: number): boolean => size <= limit

const amount = (value: Json): number | undefined => (typeof value === 'number' ? value : undefined)
const length = (value: Json): number | undefined => (typeof value === 'string' ? [...value].length : undefined)
const items = (value: Json): number | undefined => (Array.isArray(value) ? value.length : undefined)
const members = (value: Json): number | undefined => (isObject(value) ? Object.keys(value).length : undefined)

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['title', always],
  ['description', always],
  ['default', always],
  ['examples', always],
  ['definitions', always],
  [
    'format',
    (wanted) =>
      ['cel', 'shell', 'controller-file', 'controller-folder', 'controller-template', 'regex'].includes(String(wanted)),
  ],
  ['$ref', (wanted, at) => fits({ ...at, schema: definition(at.root, wanted) })],
  ['type', (wanted, { value }) => [wanted].flat().some((type) => isOfType(type, value))],
  ['enum', (wanted, { value }) => Array.isArray(wanted) && !isDeep(value) && wanted.includes(value)],
  ['const', (wanted, { value }) => !isDeep(value) && wanted === value],
  ['minimum', bounds(amount, least)],
  ['maximum', bounds(amount, most)],
  ['minLength', bounds(length, least)],
  ['maxLength', bounds(length, most)],
  ['minItems', bounds(items, least)],
  ['maxItems', bounds(items, most)],
  ['minProperties', bounds(members, least)],
  ['maxProperties', bounds(members, most)],
  ['pattern', (wanted, { value }) => typeof value !== 'string' || matches(wanted, value)],
  [
    'items',
    (wanted, at) => !Array.isArray(at.value) || at.value.every((value: Json) => fits({ ...at, schema: wanted, value })),
  ],
  ['anyOf', (wanted, at) => Array.isArray(wanted) && wanted.some((schema: Json) => fits({ ...at, schema }))],
  ['allOf', (wanted, at) => Array.isArray(wanted) && wanted.every((schema: Json) => fits({ ...at, schema }))],
  [
    'if',
    (wanted, at) => decidedByMembers(wanted) && fits({ ...at, schema: branch(at, fits({ ...at, schema: wanted })) }),
  ],
  ['then', (_, { schema }) => schema.if !== undefined],
  ['else', (_, { schema }) => schema.if !== undefined],
  [
    'required',
    (wanted, { value }) => !isObject(value) || [wanted].flat().every((name) => Object.hasOwn(value, String(name))),
  ],
  [
    'propertyNames',
    (wanted, at) => membersOf(at.value).every(([value]) => fits({ ...at, templates: 'none', schema: wanted, value })),
  ],
  [
    'properties',
    (wanted, at) =>
      membersOf(at.value).every(
        ([name, value]) => !has(wanted, name) || fits({ ...at, schema: wanted[name] ?? null, value }),
      ),
  ],
  [
    'patternProperties',
    (wanted, at) =>
      membersOf(wanted).every(([pattern, schema]) =>
        membersOf(at.value).every(([name, value]) => !matches(pattern, name) || fits({ ...at, schema, value })),
      ),
  ],
  [
    'additionalProperties',
    (wanted, at) =>
      membersOf(at.value).every(([name, value]) => isNamed(at.schema, name) || fits({ ...at, schema: wanted, value })),
  ],
])

const isDeep = (value: Json): boolean => typeof value === 'object' && value !== null
const matches = (pattern: Json, text: string): boolean => new RegExp(String(pattern), 'u').test(text) // as ajv compiles it
const membersOf = (value: Json): readonly (readonly [string, Json])[] =>
  isObject(value) ? Object.entries(value as JsonObject) : [] // sealed: members of Json

/** Of a condition on members alone it is known where it does not hold, too; of others only where it does. */
const decidedByMembers = (condition: Json): boolean =>
  isObject(condition) && Object.keys(condition).every((keyword) => keyword === 'required')
const branch = ({ schema }: { readonly schema: JsonObject }, holds: boolean): Json =>
  (holds ? schema.then : schema.else) ?? true

const has = (map: Json, name: string): map is JsonObject => isObject(map) && Object.hasOwn(map, name)

const isNamed = ({ properties = {}, patternProperties = {} }: JsonObject, name: string): boolean =>
  has(properties, name) || membersOf(patternProperties).some(([pattern]) => matches(pattern, name))

function definition({ definitions = {} }: JsonObject, reference: Json): Json {
  const name = /^#\/definitions\/([^/~%]+)$/.exec(String(reference))?.[1]
  return name !== undefined && has(definitions, name) ? (definitions[name] ?? false) : false
}

function isOfType(type: Json, value: Json): boolean {
  switch (type) {
    case 'object':
      return isObject(value)
    case 'array':
      return Array.isArray(value)
    case 'null':
      return value === null
    case 'integer':
      return Number.isInteger(value)
    case 'number':
      return Number.isFinite(value)
    case 'string':
    case 'boolean':
      return typeof value === type
    default:
      return false
  }
}
