import { INVENTORY, paramsOf } from '../model/include-names.ts'
import { isObject, type Json } from '../model/json.ts'
import type { Bindable, Scope } from '../model/runbook.ts'

/** Names of every host, not of the runbook that uses them. */
const OF_HOSTS: readonly string[] = ['inventory_hostname', 'group_names', 'resuming']

/** What an included runbook calls its own: its parameters, and everything that its vars and steps give a value. */
export interface OwnNames {
  readonly params: ReadonlySet<string>
  readonly values: ReadonlySet<string>
}

/** Makes what an included runbook binds bindable in the scope of what includes it, in which its own names begin with `id.`. */
export type Within = <T>(bindable: Bindable<T>, besides?: readonly string[]) => Bindable<T>

/**
 * An included runbook sees its own parameters, vars and outputs, the inventory's variables, and `besides`, names that
 * the place itself gives (`value` of a target); nothing of what includes it.
 */
export const withinInclude =
  (id: string, own: OwnNames): Within =>
  (bindable, besides = []) => ({
    source: bindable.source,
    at: bindable.at,
    names: [...new Set([...bindable.names.map((name) => outerName(name, { id, own })), paramsOf(id), INVENTORY])],
    bind: (scope) => bindable.bind({ ...ownScope(scope, id), ...picked(scope, besides) }),
  })

function outerName(name: string, { id, own }: { readonly id: string; readonly own: OwnNames }): string {
  if (name === 'hosts' || name === INVENTORY) return name
  if (own.values.has(name) || isInner(name)) return `${id}.${name}`
  if (name === 'params' || own.params.has(name)) return paramsOf(id)
  return OF_HOSTS.includes(name) ? name : INVENTORY
}

/** A name of a runbook that the included one includes itself. */
const isInner = (name: string): boolean => name.includes('.')

function ownScope(scope: Scope, id: string): Scope {
  const prefix = `${id}.`
  const own = Object.fromEntries(
    Object.entries(scope).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
    ),
  )
  const inventory = mapOf(scope[INVENTORY])
  return {
    ...inventory,
    ...mapOf(own.params),
    ...own,
    [INVENTORY]: inventory,
    ...(scope.hosts === undefined ? {} : { hosts: hostsWithin(mapOf(scope.hosts), id) }),
  }
}

/** The hosts on which the include is taken, each as it is seen from within. */
const hostsWithin = (hosts: Scope, id: string): Scope =>
  Object.fromEntries(
    Object.entries(hosts).flatMap(([host, values]) =>
      isObject(mapOf(values)[paramsOf(id)]) ? [[host, ownScope(mapOf(values), id)] as const] : [],
    ),
  )

const mapOf = (value: Json | undefined): Scope => (isObject(value) ? (value as Scope) : {}) // sealed: an object of Json

const picked = (scope: Scope, names: readonly string[]): Scope =>
  Object.fromEntries(names.flatMap((name) => (scope[name] === undefined ? [] : [[name, scope[name]] as const])))
