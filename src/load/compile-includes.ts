import { sha256 } from '../model/digest.ts'
import type { Problem } from '../model/problem.ts'
import type { Param, Runbook, Stage } from '../model/runbook.ts'
import { type CompiledInclude, compileInclude } from './compile-include.ts'
import type { CompiledStage } from './compile-stages.ts'
import type { Compiling } from './compiling.ts'
import { childOf, itemsOf, memberOf, type YamlNode } from './yaml-node.ts'

/** A parameter takes its name from the inventory, and what is included here would look for it in vain. */
export const hiddenNames = (params: readonly Param[], includes: readonly CompiledInclude[]): readonly Problem[] =>
  includes.flatMap(({ id, idAt, outside }) =>
    params
      .filter(({ name }) => outside.some((needed) => needed.name === name))
      .map(({ name }) => ({
        kind: 'reference',
        message: `${id} needs ${name} of the inventory, which is a parameter of this runbook`,
        at: idAt,
        hint: 'give the parameter another name',
      })),
  )

export interface NumberedInclude {
  readonly number: number // its place among stages, from 1
  readonly include: CompiledInclude
}

/** The includes among the stages. */
export const compileIncludes = (compiling: Compiling, root: YamlNode): readonly NumberedInclude[] =>
  itemsOf(childOf(root, 'stages')).flatMap((node, index) => {
    const include = memberOf(node, 'include') ? compileInclude(compiling, node) : undefined
    return include ? [{ number: index + 1, include }] : []
  })

/** The stages of the runbook and of what it includes, in the order of a run. */
export const stagesInOrder = (
  stages: readonly CompiledStage[],
  includes: readonly NumberedInclude[],
): readonly Stage[] =>
  [
    ...stages.map(({ number, stage }) => ({ number, stages: [stage] })),
    ...includes.map(({ number, include }) => ({ number, stages: include.stages })),
  ]
    .toSorted((a, b) => a.number - b.number)
    .flatMap((one) => one.stages)

/** The digest covers everything that is included; a runbook by itself has that of its text. */
export function digestOf(
  text: string,
  compiled: readonly CompiledInclude[],
): Pick<Runbook, 'sha256' | 'included' | 'includes'> {
  if (compiled.length === 0) return { sha256: sha256(text) }
  const included = [...new Map(compiled.flatMap(({ texts }) => texts).map((one) => [one.name, one])).values()]
  const digests = included.map((one) => [one.name, sha256(one.text)])
  return {
    sha256: sha256(JSON.stringify([sha256(text), digests])),
    included,
    includes: compiled.flatMap(({ includes }) => includes),
  }
}
