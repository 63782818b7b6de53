import type { Bindable, Cause, Diagnosing, Remedy } from '../model/runbook.ts'
import { compileValue } from './compile-args.ts'
import { type CompiledMeasure, compileMeasure } from './compile-measure.ts'
import { bindable, compileCondition } from './compile-scalar.ts'
import type { Compiling, NameUse } from './compiling.ts'
import { childOf, itemsOf, membersOf, textOf, type YamlNode } from './yaml-node.ts'

export interface CompiledDiagnosis {
  readonly diagnosing: Diagnosing
  readonly evidence: readonly CompiledMeasure[]
  readonly causeUses: readonly NameUse[] // these see `evidence` besides
}

/** The section `diagnose`; undefined where there is none. */
export function compileDiagnosis(compiling: Compiling, node: YamlNode | undefined): CompiledDiagnosis | undefined {
  if (!node) return undefined
  const uses: NameUse[] = []
  const evidence = membersOf(childOf(node, 'evidence')).flatMap(
    (member) => compileMeasure(compiling, member, 'evidence') ?? [],
  )
  const causes = itemsOf(childOf(node, 'causes')).flatMap((cause) => compileCause(compiling, cause, uses) ?? [])
  return { diagnosing: { evidence: evidence.map(({ measure }) => measure), causes }, evidence, causeUses: uses }
}

/** Undefined where the structure's check has something to say already. */
function compileCause(compiling: Compiling, node: YamlNode, uses: NameUse[]): Cause | undefined {
  const when = conditionAt(compiling, childOf(node, 'when'), uses)
  const says = childOf(node, 'says')
  if (!when || !says) return undefined
  const text = compileValue(compiling, says)
  uses.push(...text.uses)
  const remedies = itemsOf(childOf(node, 'remedies')).map((remedy) => compileRemedy(compiling, remedy, uses))
  return { name: textOf(childOf(node, 'name')) ?? '', when, says: bindable(says, text), remedies }
}

function compileRemedy(compiling: Compiling, node: YamlNode, uses: NameUse[]): Remedy {
  const when = conditionAt(compiling, childOf(node, 'when'), uses)
  const why = textOf(childOf(node, 'why'))
  return {
    runbook: textOf(childOf(node, 'runbook')) ?? '',
    ...(when ? { when } : {}),
    ...(why === undefined ? {} : { why }),
  }
}

function conditionAt(compiling: Compiling, node: YamlNode | undefined, uses: NameUse[]): Bindable<boolean> | undefined {
  if (node?.kind !== 'scalar') return undefined
  const condition = compileCondition(compiling, node)
  uses.push(...condition.uses)
  return bindable(node, condition)
}
