import { isObject, type Json, type JsonObject } from '../model/json.ts'
import type { Module } from '../model/module.ts'

/** Formats by which a module says how the loader reads an argument. */
export type ArgFormat = 'cel' | 'shell' | 'controller-file' | 'controller-folder' | 'controller-template'

const FORMATS: readonly string[] = ['cel', 'shell', 'controller-file', 'controller-folder', 'controller-template']

interface ModuleSchemas {
  readonly written: JsonObject // as the runbook's author writes the arguments
  readonly bound: JsonObject // as the module gets them
}

const cache = new WeakMap<object, ModuleSchemas>()

/**
 * The schemas of a module's arguments. Bound, a `cel` argument is a boolean, and the contents of a controller's file
 * are in `content`, so that an argument naming one is no longer required.
 */
export function moduleSchemas(module: Module): ModuleSchemas {
  const known = cache.get(module.args)
  if (known) return known
  const written = JSON.parse(JSON.stringify(module.args)) as JsonObject // sealed: a schema is JSON; TypeBox's marks are left out
  const made = { written, bound: boundSchema(written) as JsonObject } // sealed: an object stays one
  cache.set(module.args, made)
  return made
}

function boundSchema(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(boundSchema)
  if (!isObject(schema)) return schema
  const members = Object.entries(schema as JsonObject) // sealed: members of Json
  const { format, ...rest } = Object.fromEntries(members.map(([key, member]) => [key, boundSchema(member)]))
  if (format === 'cel') return { type: 'boolean' }
  return typeof format === 'string' && FORMATS.includes(format)
    ? rest
    : { ...rest, ...(format === undefined ? {} : { format }) }
}

/** The schema of a member of a map that `schema` describes; {} where it says nothing of it. */
export function memberSchema(schema: JsonObject, key: string): JsonObject {
  for (const branch of branchesOf(schema)) {
    const { properties, patternProperties, additionalProperties } = branch
    const own = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined
    if (isObject(own)) return own as JsonObject // sealed: a schema
    const patterns = isObject(patternProperties) ? Object.entries(patternProperties) : []
    const fitting = patterns.find(([pattern]) => new RegExp(pattern).test(key))?.[1]
    if (isObject(fitting)) return fitting as JsonObject // sealed: a schema
    if (isObject(additionalProperties)) return additionalProperties as JsonObject // sealed: a schema
  }
  return {}
}

/** The schema of a list's members; {} where there is none. */
export function itemSchema(schema: JsonObject): JsonObject {
  const items = branchesOf(schema).map((branch) => branch.items)
  return (items.find(isObject) ?? {}) as JsonObject // sealed: a schema
}

export function formatOf(schema: JsonObject): ArgFormat | undefined {
  const formats = branchesOf(schema).map((branch) => branch.format)
  return formats.find((format): format is ArgFormat => typeof format === 'string' && FORMATS.includes(format))
}

/** May text stand here, and nothing of the type of `value`? Then a number that a template gave becomes text. */
export function wantsText(schema: JsonObject, value: Json): boolean {
  if (typeof value !== 'number' && typeof value !== 'boolean') return false
  const types = branchesOf(schema).flatMap((branch) => branch.type ?? [])
  const own = typeof value === 'number' ? ['number', 'integer'] : ['boolean']
  return types.includes('string') && !own.some((type) => types.includes(type))
}

/** The schema itself, or the branches of its union. */
function branchesOf(schema: JsonObject): readonly JsonObject[] {
  const union = schema.anyOf ?? schema.oneOf
  if (!Array.isArray(union)) return [schema]
  return union.filter(isObject).flatMap((branch) => branchesOf(branch as JsonObject)) // sealed: a schema
}
