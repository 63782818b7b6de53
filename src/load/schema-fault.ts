import { isObject, type Json } from '../model/json.ts'
import { suggest } from './nearest.ts'
import { pointerTokens } from './yaml-node.ts'

/** One mistake in a value: where (JSON pointer; `key` when a key of that map is wrong), and what. */
export interface SchemaFault {
  readonly pointer: string
  readonly key?: string
  readonly message: string
  readonly hint?: string
  readonly wantsText?: { readonly pattern?: string } // a number or boolean stands where text is wanted
}

/** What the validator said. */
export interface SchemaError {
  readonly keyword: string
  readonly pointer: string
  readonly schemaPath: string
  readonly params: { readonly [key: string]: unknown }
  readonly message: string
  readonly data: unknown
  readonly schema: unknown
  readonly parentSchema: { readonly [key: string]: unknown }
  readonly propertyName?: string
}

/** The validator's errors as faults; a union's branches are collapsed into one. */
export function schemaFaultsOf(errors: readonly SchemaError[]): readonly SchemaFault[] {
  const unions = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf')
  const outermost = unions.filter((union) => !unions.some((other) => other !== union && isWithin(union, other)))
  const plain = errors.filter((error) => !unions.includes(error) && !unions.some((union) => isWithin(error, union)))
  return [...plain.filter(isWorthSaying).map(faultOf), ...outermost.flatMap((union) => unionFaults(union, errors))]
}

const isWithin = (error: SchemaError, union: SchemaError): boolean =>
  error.schemaPath.startsWith(`${union.schemaPath}/`) && error.pointer.startsWith(union.pointer)

/** `if` and `propertyNames` only announce the errors beside them. */
const isWorthSaying = (error: SchemaError): boolean => error.keyword !== 'if' && error.keyword !== 'propertyNames'

/** Is the fault about a text that a template will replace? */
export const isFilledLater = (fault: SchemaFault, value: Json): boolean =>
  fault.key === undefined && holdsTemplate(valueAt(value, fault.pointer))

const holdsTemplate = (value: Json | undefined): boolean => typeof value === 'string' && value.includes('{{')

function valueAt(value: Json, pointer: string): Json | undefined {
  let at: Json | undefined = value
  for (const token of pointerTokens(pointer)) {
    if (Array.isArray(at)) at = at[Number(token)]
    else if (isObject(at))
      at = (at as { readonly [key: string]: Json })[token] // sealed: members of Json are Json
    else return undefined
  }
  return at
}

/** "timeouts.connect", "steps[2].name"; "this" for the value itself. */
export function nameOf(pointer: string): string {
  const name = pointerTokens(pointer)
    .map((token) => (/^\d+$/.test(token) ? `[${token}]` : `.${token}`))
    .join('')
  return name === '' ? 'this' : name.replace(/^\./, '')
}

function faultOf(error: SchemaError): SchemaFault {
  const { pointer, params } = error
  const name = nameOf(pointer)
  if (error.propertyName !== undefined) {
    return { pointer, key: error.propertyName, message: `${error.propertyName} ${error.message}` }
  }
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(error, String(params.additionalProperty))
    case 'required':
      return { pointer, message: `${String(params.missingProperty)} is missing${pointer === '' ? '' : ` in ${name}`}` }
    case 'type':
      return wrongType(error, name, listOf(params.type))
    case 'enum':
      return notAmong(error, name, listOf(params.allowedValues))
    case 'const':
      return notAmong(error, name, [params.allowedValue])
    case 'minimum':
    case 'exclusiveMinimum':
    case 'maximum':
    case 'exclusiveMaximum':
      return { pointer, message: `${name} must be ${limitText(error)}, not ${String(error.data)}` }
    case 'pattern':
      return {
        pointer,
        message: `${name} must match ${String(params.pattern)}, not ${shown(error.data)}`,
        ...described(error),
      }
    case 'not':
      return { pointer, message: `${name} may not be ${shown(error.data)}`, ...described(error) }
    default:
      return { pointer, message: `${name} ${plainWords(error.message)}`, ...described(error) }
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

function unknownKey(error: SchemaError, key: string): SchemaFault {
  const { properties, patternProperties } = error.parentSchema
  if (!isObject(properties) && isObject(patternProperties)) {
    const message = `${key} is no name for ${nameOf(error.pointer)}: it must match ${Object.keys(patternProperties).join(' or ')}`
    return { pointer: error.pointer, key, message }
  }
  const hint = suggest(key, isObject(properties) ? Object.keys(properties) : [])
  const where = error.pointer === '' ? '' : ` in ${nameOf(error.pointer)}`
  return { pointer: error.pointer, key, message: `unknown key ${key}${where}`, ...(hint === undefined ? {} : { hint }) }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'null',
  array: 'a list',
  object: 'a mapping',
}

function wrongType(error: SchemaError, name: string, types: readonly unknown[]): SchemaFault {
  const wanted = types.map((type) => TYPES[String(type)] ?? String(type))
  const message = `${name} must be ${orList(wanted)}, not ${shown(error.data)}`
  const scalar = typeof error.data === 'number' || typeof error.data === 'boolean'
  if (!scalar || !types.includes('string')) return { pointer: error.pointer, message }
  const { pattern } = error.parentSchema
  const wantsText = typeof pattern === 'string' ? { pattern } : {}
  return { pointer: error.pointer, message, wantsText, ...described(error) }
}

function notAmong(error: SchemaError, name: string, allowed: readonly unknown[]): SchemaFault {
  const texts = allowed.map(String)
  const hint = typeof error.data === 'string' ? suggest(error.data, texts) : undefined
  const near = hint?.startsWith('did you mean') ? { hint } : {}
  return { pointer: error.pointer, message: `${name} must be ${orList(texts)}, not ${shown(error.data)}`, ...near }
}

const LIMITS: Readonly<Record<string, string>> = {
  minimum: 'at least',
  exclusiveMinimum: 'more than',
  maximum: 'at most',
  exclusiveMaximum: 'less than',
}

const limitText = (error: SchemaError): string => `${LIMITS[error.keyword] ?? ''} ${String(error.params.limit)}`

const plainWords = (message: string): string => message.replace('must NOT', 'must not')

const described = (error: SchemaError): { readonly hint?: string } => {
  const { description } = error.parentSchema
  return typeof description === 'string' ? { hint: description } : {}
}

/** One fault for a union: its literals as a list, or the faults of the one branch whose type fits, or the types. */
function unionFaults(union: SchemaError, errors: readonly SchemaError[]): readonly SchemaFault[] {
  const branches = listOf(union.schema).filter(isObject)
  const name = nameOf(union.pointer)
  const literals = branches.flatMap(literalsOf)
  if (branches.every((branch) => literalsOf(branch).length > 0)) return [notAmong(union, name, literals)]
  if (union.keyword === 'oneOf' && union.params.passingSchemas !== null) {
    return [{ pointer: union.pointer, message: `${name} fits more than one of its forms`, ...described(union) }]
  }
  const fitting = branches.flatMap((branch, index) => (fitsType(branch, union.data) ? [index] : []))
  const [only, ...others] = fitting
  if (only !== undefined && others.length === 0) {
    const prefix = `${union.schemaPath}/${only}/`
    const within = errors.filter((error) => error.schemaPath.startsWith(prefix))
    return within.filter((error) => isWorthSaying(error)).map(faultOf)
  }
  const types = branches.flatMap((branch) => listOf(branch.type)).filter((type) => typeof type === 'string')
  if (fitting.length === 0 && types.length > 0) return [wrongType(union, name, [...new Set(types)])]
  return [{ pointer: union.pointer, message: `${name} has none of the forms it may have`, ...described(union) }]
}

const literalsOf = (branch: { readonly [key: string]: unknown }): readonly unknown[] =>
  'const' in branch ? [branch.const] : Array.isArray(branch.enum) ? branch.enum : []

function fitsType(branch: { readonly [key: string]: unknown }, data: unknown): boolean {
  const types = listOf(branch.type)
  if (Array.isArray(data)) return types.includes('array')
  if (data === null) return types.includes('null')
  if (isObject(data)) return types.includes('object')
  if (typeof data === 'number') return types.includes('number') || (types.includes('integer') && Number.isInteger(data))
  return types.includes(typeof data)
}

function orList(texts: readonly string[]): string {
  const last = texts.at(-1) ?? ''
  return texts.length < 2 ? last : `${texts.slice(0, -1).join(', ')} or ${last}`
}

/** A value in a message, cut to stay on the line. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isObject(value)) return 'a mapping'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  const kind = typeof value === 'number' ? 'the number ' : ''
  return kind + (text.length > 60 ? `${text.slice(0, 57)}...` : text)
}
