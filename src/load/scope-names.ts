import type { Problem } from '../model/problem.ts'
import type { Span } from '../model/source.ts'
import type { NameUse } from './compiling.ts'
import { nearest, suggest } from './nearest.ts'

/** Names that exist on every host without being declared. */
export const MAGIC_NAMES: readonly string[] = ['params', 'hosts', 'inventory_hostname', 'group_names', 'resuming']

/** A name that the runbook declares, in the order in which the names get their values. */
export interface Declaration {
  readonly name: string
  readonly what: string // "param heartbeat_ms", "output of step election"
  readonly at: Span
}

/** What happens in the order of a run: a name gets its value, or something needs names. */
export type NameEvent =
  | { readonly kind: 'declares'; readonly declaration: Declaration }
  | { readonly kind: 'uses'; readonly uses: readonly NameUse[]; readonly besides?: readonly string[] }

/**
 * Names used before they have a value, declared twice, or unknown. What the runbook does not declare may be a variable
 * of the inventory: it is unknown only when `inventoryNames` are given, and is otherwise looked for when bound.
 */
export function nameProblems(
  events: readonly NameEvent[],
  inventoryNames: ReadonlySet<string> | undefined,
): readonly Problem[] {
  const declared = new Map<string, Declaration>()
  const all = new Map(
    events.flatMap((event) => (event.kind === 'declares' ? [[event.declaration.name, event.declaration]] : [])),
  )
  return events.flatMap((event): readonly Problem[] => {
    if (event.kind === 'uses') {
      const known = new Set([...MAGIC_NAMES, ...declared.keys(), ...(event.besides ?? [])])
      return event.uses.flatMap((use) => useProblem({ use, known, all, inventoryNames }))
    }
    const { declaration } = event
    const taken = takenBefore(declaration.name) ?? declared.get(declaration.name)?.what
    declared.set(declaration.name, declaration)
    if (taken === undefined) return []
    return [{ kind: 'reference', message: `the name ${declaration.name} is taken: it is ${taken}`, at: declaration.at }]
  })
}

/** The names that must come from the inventory or a vars file, each where it is used first. */
export function namesFromOutside(events: readonly NameEvent[]): readonly NameUse[] {
  const own = new Set([
    ...MAGIC_NAMES,
    ...events.flatMap((event) => (event.kind === 'declares' ? [event.declaration.name] : [])),
  ])
  const uses = events.flatMap((event) =>
    event.kind === 'uses' ? event.uses.filter(({ name }) => !own.has(name) && !event.besides?.includes(name)) : [],
  )
  return [...new Map(uses.toReversed().map((use) => [use.name, use])).values()].toReversed()
}

/** Members of every JavaScript object can be names of nothing else: no template or file may hold them. */
function takenBefore(name: string): string | undefined {
  if (MAGIC_NAMES.includes(name)) return 'a name of the language'
  return ['__proto__', 'constructor', 'prototype'].includes(name) ? 'one of JavaScript itself' : undefined
}

function useProblem(input: {
  readonly use: NameUse
  readonly known: ReadonlySet<string>
  readonly all: ReadonlyMap<string, Declaration>
  readonly inventoryNames: ReadonlySet<string> | undefined
}): readonly Problem[] {
  const { use, known, all, inventoryNames } = input
  if (known.has(use.name)) return []
  const later = all.get(use.name)
  if (later) {
    const message = `${use.name} has no value yet: it is ${later.what}, further down (line ${later.at.line})`
    return [{ kind: 'reference', message, at: use.at }]
  }
  if (!inventoryNames || inventoryNames.has(use.name)) return []
  const candidates = [...known, ...inventoryNames]
  const hint = nearest(use.name, candidates) === undefined ? suggest(use.name, known) : suggest(use.name, candidates)
  return [{ kind: 'reference', message: `there is no variable ${use.name}`, at: use.at, ...(hint ? { hint } : {}) }]
}
