import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseAllDocuments } from 'yaml'
import { loadRunbook } from '../../../src/load/runbook.ts'
import { isObject, type Json, type JsonObject } from '../../../src/model/json.ts'
import type { Module } from '../../../src/model/module.ts'
import { unwrap } from '../../../src/model/problem.ts'
import type { Runbook, Step } from '../../../src/model/runbook.ts'
import { createModules } from '../../../src/modules/index.ts'
import { withoutVainNulls } from '../../../src/modules/k8s/json-patch.ts'
import { placeText } from '../../../src/modules/k8s/object-diff.ts'
import { flannelManifest } from '../../lab/support/kubernetes.ts'

export type Name = 'flannel-memory-limit' | 'flannel-downgrade-iface'

const books = new Map<Name, Runbook>()

/** The runbook as it is shipped. */
export function load(name: Name): Runbook {
  const file = path.join(import.meta.dirname, '../../../runbooks', `${name}.yaml`)
  const book =
    books.get(name) ?? unwrap(loadRunbook({ file, text: readFileSync(file, 'utf8'), modules: createModules() }))
  books.set(name, book)
  return book
}

/** The objects of upstream's manifest, those of `extensions/v1beta1` as a cluster of today holds them. */
export const objectsOf = (version: string): readonly JsonObject[] =>
  parseAllDocuments(flannelManifest(version)).map((document) => document.toJS() as JsonObject) // sealed: upstream's YAML

export const named = (object: JsonObject): string => String((object.metadata as JsonObject).name) // sealed: every object has one

/** A DaemonSet as the server has it, with the strategy that apps/v1 gives by itself, once its pods run on so many nodes. */
export const running = (set: JsonObject, pods: number): JsonObject => ({
  ...set,
  spec: { updateStrategy: { type: 'RollingUpdate' }, ...(set.spec as JsonObject) }, // sealed: every one has a spec
  status: { desiredNumberScheduled: pods, updatedNumberScheduled: pods, numberAvailable: pods },
})

/** A cluster of two nodes, c1 its control plane. */
export interface Situation {
  readonly objects: readonly JsonObject[]
  readonly params?: JsonObject
  readonly onHosts?: Readonly<Record<string, JsonObject>> // outputs of facts that no object tells, by their `as`
}

const NODES = ['n1', 'n2']

/** The scopes of all hosts as the engine makes them: parameters and facts, then var by var. */
function scopesOf(book: Runbook, { objects, params = {}, onHosts = {} }: Situation): ReadonlyMap<string, JsonObject> {
  const defaults = Object.fromEntries(book.params.map((param) => [param.name, param.default ?? null]))
  const all = { ...defaults, ...params }
  let scopes = new Map(
    ['c1', ...NODES].map((host): readonly [string, JsonObject] => {
      const base = {
        ...all,
        params: all,
        inventory_hostname: host,
        group_names: [NODES.includes(host) ? 'kube_nodes' : 'kube_control'],
      }
      return [host, { ...base, ...factsOf(book, base, objects), ...onHosts[host] }]
    }),
  )
  for (const { name, value } of book.vars) {
    const hosts = Object.fromEntries(scopes)
    scopes = new Map(
      [...scopes].map(([host, scope]) => [host, { ...scope, [name]: unwrap(value.bind({ ...scope, hosts })) }]),
    )
  }
  const hosts = Object.fromEntries(scopes)
  return new Map([...scopes].map(([host, scope]) => [host, { ...scope, hosts }]))
}

const isWanted = ({ when }: Step, scope: JsonObject): boolean => (when ? unwrap(when.bind(scope)) : true)

/** What the runbook's own k8s_get make of these objects; null is what was not looked at. */
function factsOf(book: Runbook, scope: JsonObject, objects: readonly JsonObject[]): JsonObject {
  return Object.fromEntries(
    book.facts.map((fact): [string, Json] => {
      if (fact.module.name !== 'k8s_get' || !isWanted(fact, scope)) return [String(fact.as), null]
      const args = unwrap(fact.args.bind(scope))
      const decision = fact.module.plan(
        args,
        objects.filter((object) => isAskedFor(args, object)),
      )
      return [String(fact.as), decision.kind === 'noop' ? (decision.output ?? null) : null]
    }),
  )
}

function isAskedFor({ kind, name, selector }: JsonObject, object: JsonObject): boolean {
  const labels = (object.metadata as JsonObject).labels // sealed: every object has metadata
  return (
    `${String(object.kind).toLowerCase()}s` === kind &&
    (name === undefined || named(object) === name) &&
    (selector === undefined || (isObject(labels) && selector === `app=${String(labels.app)}`))
  )
}

export interface Outcome {
  readonly objections: readonly string[] // of the assertions among the guards
  readonly fields: Readonly<Record<string, readonly [Json, Json]>> // by place, before and after; null: not there
  readonly after: readonly JsonObject[]
}

/** A patch that the runbook would ask for, with the arguments of its step. */
export interface Patch {
  readonly module: Module
  readonly args: JsonObject
}

/** What the runbook's assertions say, and the patches that it would ask for where they say nothing. */
export function patchesOf(
  name: Name,
  situation: Situation,
): { readonly objections: readonly string[]; readonly patches: readonly Patch[] } {
  const book = load(name)
  const scopes = scopesOf(book, situation)
  const objections = book.guards.flatMap((guard) =>
    [...scopes.values()].flatMap((scope) => {
      if (guard.module.name !== 'assert' || !isWanted(guard, scope)) return []
      const { that, message } = unwrap(guard.args.bind(scope))
      return that === false ? [String(message)] : []
    }),
  )
  if (objections.length > 0) return { objections: [...new Set(objections)], patches: [] }
  const scope = scopes.get('c1') ?? {}
  const patches = book.stages
    .flatMap((stage) => stage.steps)
    .filter((step) => step.module.name === 'k8s_patch' && isWanted(step, scope))
    .map((step) => ({ module: step.module, args: unwrap(step.args.bind(scope)) }))
  return { objections, patches }
}

/** What the runbook says, and what it would make of the objects. */
export function tryOn(name: Name, situation: Situation): Outcome {
  const { objections, patches } = patchesOf(name, situation)
  return patches.reduce(patched, { objections, fields: {}, after: situation.objects })
}

/** One step: the fields that its change names are set, and all else stays. */
function patched(so: Outcome, { module, args }: Patch): Outcome {
  const isIt = (object: JsonObject): boolean =>
    object.kind === 'DaemonSet' &&
    named(object) === args.name &&
    (object.metadata as JsonObject).namespace === args.namespace // sealed: as above
  const object = so.after.find(isIt)
  if (!object) throw new Error(`no DaemonSet ${String(args.name)}`)
  const merged = strategic(object, withoutVainNulls(args.patch ?? null, object))
  const decision = module.plan(args, { object, after: merged })
  if (decision.kind === 'noop') return so
  if (decision.kind === 'blocked') return { ...so, objections: [...so.objections, decision.message] }
  const { before, after } = decision.change
  const [old, next] = [before.fields, after?.fields] as unknown as readonly (readonly Recorded[])[] // sealed: as fieldsChange writes them
  const made = (old ?? []).map(({ path: place, value }, index) => ({
    place,
    value,
    next: next?.[index]?.value ?? null,
  }))
  return {
    ...so,
    fields: {
      ...so.fields,
      ...Object.fromEntries(made.map((one) => [placeText(one.place), [unboxed(one.value), unboxed(one.next)]])),
    },
    after: so.after.map((one) =>
      isIt(one)
        ? (made.reduce<Json>((all, { place, next: value }) => withField(all, place, value), one) as JsonObject)
        : one,
    ), // sealed: an object stays one
  }
}

interface Recorded {
  readonly path: readonly (string | number)[]
  readonly value: Json
}

const unboxed = (value: Json): Json => (isObject(value) ? (value.value as Json) : null) // sealed: as in a FieldChange

function withField(object: Json, [step, ...rest]: Recorded['path'], boxed: Json): Json {
  if (step === undefined) return unboxed(boxed)
  if (typeof step === 'number')
    return (object as readonly Json[]).map((item, index) => (index === step ? withField(item, rest, boxed) : item)) // sealed: a number is a place of a list
  const { [step]: inner, ...others } = object as JsonObject // sealed: a name is one of a map
  return rest.length === 0 && boxed === null ? others : { ...others, [step]: withField(inner ?? {}, rest, boxed) }
}

/** A strategic merge as far as these patches need one: maps are merged, lists of containers by name, other lists replaced. */
function strategic(object: Json, patch: Json): JsonObject {
  const merged = Object.entries(patch as JsonObject).map(([key, value]): [string, Json] => {
    // sealed: called with maps only
    const old = (object as JsonObject)[key] // sealed: as above
    if (isObject(value)) return [key, strategic(isObject(old) ? (old as JsonObject) : {}, value as JsonObject)] // sealed: JSON
    if (!Array.isArray(value) || !Array.isArray(old) || !value.every(isObject)) return [key, value]
    const others: readonly JsonObject[] = value as readonly JsonObject[] // sealed: every one is a map
    return [key, old.map((item: JsonObject) => strategic(item, others.find((other) => other.name === item.name) ?? {}))]
  })
  const gone = merged.filter(([, value]) => value === null).map(([key]) => key)
  return Object.fromEntries(
    Object.entries({ ...(object as JsonObject), ...Object.fromEntries(merged) }).filter(([key]) => !gone.includes(key)),
  ) // sealed: as above
}
