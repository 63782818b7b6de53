import { stepId } from '../model/id.ts'
import type { Measure } from '../model/runbook.ts'
import { bindable, compileCondition } from './compile-scalar.ts'
import { type CompiledStep, compileStep } from './compile-step.ts'
import type { Compiling, NameUse } from './compiling.ts'
import { childOf, spanOf, textOf, type YamlMember } from './yaml-node.ts'

export interface CompiledMeasure {
  readonly measure: Measure
  readonly read: CompiledStep
  readonly targetUses: readonly NameUse[]
}

/** One number of `measure` or of a diagnosis's evidence; undefined where it has no module. */
export function compileMeasure(
  compiling: Compiling,
  member: YamlMember,
  prefix: 'measure' | 'evidence' = 'measure',
): CompiledMeasure | undefined {
  const read = compileStep(compiling, member.value, { part: 'measure', prefix, number: 1 })
  const targetNode = childOf(member.value, 'target')
  const target = targetNode?.kind === 'scalar' ? compileCondition(compiling, targetNode) : undefined
  const description = textOf(childOf(member.value, 'description'))
  const source = textOf(childOf(member.value, 'source'))
  if (!read) return undefined
  const step = { ...read.step, id: stepId(`${prefix}-${member.key}`), name: member.key }
  const measure: Measure = {
    name: member.key,
    read: step,
    unit: textOf(childOf(member.value, 'unit')) ?? '',
    ...(targetNode && target ? { target: bindable(targetNode, target) } : {}),
    ...(description === undefined ? {} : { description }),
    ...(source === undefined ? {} : { source }),
  }
  return { measure, read: { ...read, step, idAt: spanOf(member) }, targetUses: target?.uses ?? [] }
}
