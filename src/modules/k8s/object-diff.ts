import { canonical, isObject, type Json, type JsonObject } from '../../model/json.ts'

/** A field that differs: where it is, as steps from the root; null where it is not there. */
export interface FieldChange {
  readonly path: readonly (string | number)[]
  readonly before: Json // {value} or null
  readonly after: Json // the same
}

/** What the API server keeps of itself, and what controllers count: no field of anybody's wish. */
export function wishesOf(object: JsonObject): JsonObject {
  const { status: _, metadata, ...rest } = object
  if (!isObject(metadata)) return rest
  const { resourceVersion: __, generation: ___, managedFields: ____, uid: _____, ...kept } = metadata as JsonObject // sealed: JSON
  const { creationTimestamp: ______, selfLink: _______, annotations, ...meta } = kept
  const own = isObject(annotations)
    ? Object.entries(annotations as JsonObject).filter(([key]) => !COUNTED.includes(key))
    : [] // sealed: JSON
  return { ...rest, metadata: { ...meta, ...(own.length === 0 ? {} : { annotations: Object.fromEntries(own) }) } }
}

/** The annotation in which kubectl apply notes the manifest for the next time. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

const COUNTED: readonly string[] = ['deprecated.daemonset.template.generation', 'deployment.kubernetes.io/revision']

/** The smallest fields in which two objects differ; lists of different length differ as wholes. */
export function diffFields(before: Json, after: Json, path: FieldChange['path'] = []): readonly FieldChange[] {
  if (canonical(before) === canonical(after)) return []
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    const others: readonly Json[] = after
    return before.flatMap((item: Json, index) => diffFields(item, others[index] ?? null, [...path, index]))
  }
  if (!isObject(before) || !isObject(after)) return [{ path, before: { value: before }, after: { value: after } }]
  const [old, next] = [before as JsonObject, after as JsonObject] // sealed: JSON
  return [...new Set([...Object.keys(old), ...Object.keys(next)])].flatMap((key) => {
    const here = [...path, key]
    const [was, will] = [old[key], next[key]]
    if (was === undefined || will === undefined) return [{ path: here, before: boxed(was), after: boxed(will) }]
    return diffFields(was, will, here)
  })
}

const boxed = (value: Json | undefined): Json => (value === undefined ? null : { value })

/** What is at a place of an object, boxed as in a FieldChange. */
export function fieldAt(object: Json, path: FieldChange['path']): Json {
  const found = path.reduce<Json | undefined>((inner, step) => {
    if (Array.isArray(inner)) return (inner as readonly Json[])[Number(step)] // sealed: JSON
    return isObject(inner) ? (inner as JsonObject)[step] : undefined // sealed: JSON
  }, object)
  return boxed(found)
}

export const pointer = (path: FieldChange['path']): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** As people write it: spec.template.spec.containers[0].image. */
export const placeText = (path: FieldChange['path']): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`)).join('')

export const shownField = (boxedValue: Json): string =>
  isObject(boxedValue) ? JSON.stringify(boxedValue.value) : 'not there'

/**
 * The JSON patch (RFC 6902) from `before` to `after`. It tests each field before it changes it, and the names of list members on
 * the way: the server refuses all of it where one is not as thought.
 */
export function jsonPatch(object: Json, changes: readonly FieldChange[]): readonly JsonObject[] {
  const names = new Map<string, JsonObject>()
  for (const { path } of changes)
    path.forEach((step, index) => {
      if (typeof step !== 'number') return
      const place = [...path.slice(0, index + 1), 'name']
      const name = fieldAt(object, place)
      if (index + 1 < path.length && isObject(name))
        names.set(pointer(place), { op: 'test', path: pointer(place), value: name.value as Json }) // sealed: JSON
    })
  return [...names.values(), ...changes.flatMap(operations)]
}

function operations({ path, before, after }: FieldChange): readonly JsonObject[] {
  const place = pointer(path)
  const test = isObject(before) ? [{ op: 'test', path: place, value: before.value as Json }] : [] // sealed: JSON
  if (!isObject(after)) return [...test, { op: 'remove', path: place }]
  return [...test, { op: isObject(before) ? 'replace' : 'add', path: place, value: after.value as Json }] // sealed: JSON
}
