import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { at, listAt, textAt } from './kubectl.ts'

/**
 * A JSON patch (RFC 6902) without the removals that are done, so that it can be asked for again; or why it is none that says
 * how things should be: what inserts into a list or removes from one does so each time.
 */
export function standingPatch(patch: Json, object: JsonObject): readonly Json[] | { readonly refused: string } {
  if (!Array.isArray(patch)) return { refused: 'a JSON patch is a list of {op, path, value}' }
  const operations: readonly Json[] = patch
  const fault = operations.map(faultOf).find((found) => found !== undefined)
  return fault === undefined ? operations.filter((one) => !isDone(one, object)) : { refused: fault }
}

function faultOf(operation: Json): string | undefined {
  const op = at(operation, 'op')
  const path = at(operation, 'path')
  if (typeof path !== 'string' || !path.startsWith('/')) return `it has no path: ${JSON.stringify(operation)}`
  if (op === 'test' || op === 'replace') return undefined
  if (op !== 'add' && op !== 'remove')
    return `${JSON.stringify(op)} at ${path}: add, replace, remove and test are taken`
  return /\/(-|\d+)$/.test(path)
    ? `${op} at ${path} changes the list each time anew: replace the whole list, or use type strategic`
    : undefined
}

const isDone = (operation: Json, object: JsonObject): boolean =>
  at(operation, 'op') === 'remove' &&
  isObject(operation) &&
  at(object, ...stepsOfPointer(String(operation.path))) === undefined

const stepsOfPointer = (pointer: string): readonly string[] =>
  pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))

/**
 * A merge patch without the nulls that would remove what is not there: in a map that is not there either, the API server would keep
 * them as values (a limit of the processor of 0). Lists are merged by name, as containers are.
 */
export function withoutVainNulls(patch: Json, object: Json | undefined): Json {
  if (Array.isArray(patch)) {
    const items: readonly Json[] = patch
    const named = (name: string): Json | undefined =>
      Array.isArray(object) ? listAt(object).find((item) => name !== '' && textAt(item, 'name') === name) : undefined
    return items.map((item) => withoutVainNulls(item, named(textAt(item, 'name'))))
  }
  if (!isObject(patch)) return patch
  const members = Object.entries(patch as JsonObject) // sealed: JSON
  const kept = members.filter(([key, value]) => value !== null || at(object, key) !== undefined)
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutVainNulls(value, at(object, key))]))
}
