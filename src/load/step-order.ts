import type { Problem } from '../model/problem.ts'
import type { Span } from '../model/source.ts'
import type { CompiledInclude } from './compile-include.ts'
import type { CompiledStage } from './compile-stages.ts'
import type { CompiledStep } from './compile-step.ts'
import { isUndoneByHost } from './confirm-within.ts'
import { suggest } from './nearest.ts'

/** What is wrong between steps: an id twice, or a when_changed that names no earlier step of a stage. */
export function stepProblems(input: {
  readonly looks: readonly CompiledStep[]
  readonly stages: readonly CompiledStage[]
  readonly includes: readonly CompiledInclude[]
}): readonly Problem[] {
  const { looks, stages, includes } = input
  const gates = stages.flatMap(({ gate }) => gate)
  const steps = stages.flatMap((stage) => stage.steps)
  return [
    ...duplicates([...[...looks, ...steps].map(({ step, idAt }) => ({ id: step.id, idAt })), ...includes]),
    ...[...looks, ...gates].flatMap(followsNothing),
    ...steps.flatMap((step, index) => followProblems(step, steps.slice(0, index), steps)),
    ...steps.flatMap((step) => notUndoneWith(step, steps)),
  ]
}

interface Named {
  readonly id: string
  readonly idAt: Span
}

function duplicates(steps: readonly Named[]): readonly Problem[] {
  const seen = new Map<string, Named>()
  return steps.flatMap((compiled): readonly Problem[] => {
    const { id } = compiled
    const first = seen.get(id)
    seen.set(id, first ?? compiled)
    if (!first) return []
    const message = `the id ${id} is taken by the step in line ${first.idAt.line}`
    return [{ kind: 'reference', message, at: compiled.idAt, hint: 'ids are unique in a runbook' }]
  })
}

const followsNothing = ({ follows }: CompiledStep): readonly Problem[] =>
  follows.slice(0, 1).map(({ at }) => ({
    kind: 'schema',
    message: 'when_changed has no meaning here: nothing has changed before the stages',
    at,
  }))

function followProblems(
  { step: own, follows }: CompiledStep,
  earlier: readonly CompiledStep[],
  all: readonly CompiledStep[],
): readonly Problem[] {
  const ids = earlier.map(({ step }): string => step.id)
  return follows.flatMap(({ id, at }): readonly Problem[] => {
    if (ids.includes(id)) return []
    const later = all.find(({ step }) => step.id === id)
    if (own.id === id) return [{ kind: 'reference', message: `the step ${id} cannot wait for itself`, at }]
    if (later) {
      const message = `the step ${id} comes later (line ${later.idAt.line}): when_changed names earlier steps`
      return [{ kind: 'reference', message, at }]
    }
    const hint = suggest(id, ids)
    return [{ kind: 'reference', message: `there is no earlier step with the id ${id}`, at, ...(hint ? { hint } : {}) }]
  })
}

/** A step that its host undoes by itself is undone with those that it follows: a restart alone would undo nothing. */
function notUndoneWith({ step: own, follows }: CompiledStep, all: readonly CompiledStep[]): readonly Problem[] {
  if (own.confirmMs === undefined) return []
  return follows.flatMap(({ id, at }): readonly Problem[] => {
    const followed = all.find(({ step }) => step.id === id)?.step
    if (!followed || isUndoneByHost(followed)) return []
    const message = `the host cannot undo ${id} by itself, and confirm_within undoes it with this step`
    return [{ kind: 'schema', message, at, hint: `give ${id} an undo of shell or command` }]
  })
}
