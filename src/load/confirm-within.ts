import type { Module } from '../model/module.ts'
import type { Step, UndoStep } from '../model/runbook.ts'
import type { Compiling } from './compiling.ts'
import { parseDuration } from './duration.ts'
import { memberOf, spanOf, textOf, type YamlMap } from './yaml-node.ts'

/** A new connection and a login take seconds; what waits longer than an hour waits for nobody. */
const [SHORTEST_MS, LONGEST_MS] = [5000, 3_600_000]

export interface Confirmable {
  readonly module: Module
  readonly part: string
  readonly undo: UndoStep | undefined
}

/** The time of `confirm_within`; tells what keeps the host from undoing such a step by itself. */
export function compileConfirm(compiling: Compiling, node: YamlMap, step: Confirmable): number | undefined {
  const member = memberOf(node, 'confirm_within')
  const ms = parseDuration(textOf(member?.value) ?? '')
  if (!member || ms === undefined) return undefined
  const refusal = refusalOf(step, ms) ?? (memberOf(node, 'retry') ? RETRY : undefined)
  if (refusal) {
    const [message, hint] = refusal
    compiling.problems.push({ kind: 'schema', message, at: spanOf(member), hint })
  }
  return ms
}

/** Whether a host can undo such a step with nobody there. */
export const isUndoneByHost = ({ module, undo }: Pick<Step, 'module' | 'undo'>): boolean =>
  (undo ? undo.module.applyText : module.revertText) !== undefined

type Refusal = readonly [message: string, hint: string]

const RETRY: Refusal = [
  'confirm_within and retry exclude each other: the host would undo the step between two tries',
  'take one of them away',
]

function refusalOf({ module, part, undo }: Confirmable, ms: number): Refusal | undefined {
  if (part !== 'stage')
    return ['confirm_within stands with steps of stages only: nothing else changes a host', 'take it away']
  if (ms < SHORTEST_MS)
    return ['confirm_within is too short: connecting and logging in anew takes seconds', 'at least 5s']
  if (ms > LONGEST_MS)
    return ['confirm_within is too long: it is the time in which a new connection is made', 'at most 1h']
  if (module.effect === 'reads') return [`${module.name} changes nothing: there is nothing to undo`, 'take it away']
  if (isUndoneByHost({ module, ...(undo ? { undo } : {}) })) return undefined
  return [
    undo
      ? `the host cannot do the undo by itself: ${undo.module.name} has to be asked while it works`
      : `the host cannot undo ${module.name} by itself`,
    'give the step an undo of shell or command: what the host runs with nobody there',
  ]
}
