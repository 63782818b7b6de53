import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { at } from './kubectl.ts'

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
