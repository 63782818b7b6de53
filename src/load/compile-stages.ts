import type { BatchSize, Rolling, Stage } from '../model/runbook.ts'
import { bindable, compileExpression } from './compile-scalar.ts'
import { type CompiledStep, compileStep, numberOf, type StepPlace } from './compile-step.ts'
import type { Compiling, NameUse } from './compiling.ts'
import { parseDuration } from './duration.ts'
import { childOf, itemsOf, textOf, type YamlNode } from './yaml-node.ts'

export interface CompiledStage {
  readonly stage: Stage
  readonly steps: readonly CompiledStep[]
  readonly gate: readonly CompiledStep[]
  readonly orderUses: readonly NameUse[]
}

/** The stages of a runbook, or the one stage that `steps:` at the top is. */
export function compileStages(compiling: Compiling, root: YamlNode): readonly CompiledStage[] {
  const common = childOf(root, 'rolling')
  const stages = childOf(root, 'stages')
  const single = childOf(root, 'steps')
  if (!stages) {
    const name = textOf(childOf(root, 'summary')) ?? ''
    return [compileStage(compiling, { name, node: undefined, steps: itemsOf(single), common, number: 1 })]
  }
  return itemsOf(stages).map((node, index) => {
    const name = textOf(childOf(node, 'name')) ?? ''
    return compileStage(compiling, { name, node, steps: itemsOf(childOf(node, 'steps')), common, number: index + 1 })
  })
}

interface StageInput {
  readonly name: string
  readonly node: YamlNode | undefined
  readonly steps: readonly YamlNode[]
  readonly common: YamlNode | undefined // the runbook's rolling, whose members a stage's own replace one by one
  readonly number: number
}

function compileStage(compiling: Compiling, input: StageInput): CompiledStage {
  const { node, number } = input
  const own = childOf(node, 'rolling')
  const setting = (key: string): YamlNode | undefined => childOf(own, key) ?? childOf(input.common, key)
  const gate = compileSteps(compiling, itemsOf(setting('gate')), { part: 'gate', prefix: `s${number}-gate` })
  const steps = compileSteps(compiling, input.steps, { part: 'stage', prefix: `s${number}` })
  const orderNode = setting('order_by')
  const order =
    orderNode?.kind === 'scalar'
      ? { node: orderNode, binder: compileExpression(compiling, orderNode, 'any') }
      : undefined
  const hosts = textOf(childOf(node, 'hosts'))
  const rolling: Rolling = {
    batch: batchOf(setting('batch')),
    ...(order ? { orderBy: bindable(order.node, order.binder) } : {}),
    gate: gate.map(({ step }) => step),
    soakMs: parseDuration(textOf(setting('soak')) ?? '') ?? 0,
    maxFailed: numberOf(setting('max_failed')) ?? 0,
  }
  const stage: Stage = {
    name: input.name,
    ...(hosts === undefined ? {} : { hosts }),
    rolling,
    steps: steps.map(({ step }) => step),
  }
  return { stage, steps, gate, orderUses: order?.binder.uses ?? [] }
}

export const compileSteps = (
  compiling: Compiling,
  nodes: readonly YamlNode[],
  place: Omit<StepPlace, 'number'>,
): readonly CompiledStep[] =>
  nodes.flatMap((node, index) => compileStep(compiling, node, { ...place, number: index + 1 }) ?? [])

/** Without `batch`, all hosts at once. */
function batchOf(node: YamlNode | undefined): readonly BatchSize[] {
  const nodes = node?.kind === 'list' ? node.items : node ? [node] : []
  const sizes = nodes.flatMap((item): readonly BatchSize[] => {
    const percent = /^(\d+)%$/.exec(textOf(item) ?? '')?.[1]
    const count = numberOf(item)
    if (percent !== undefined) return [`${Number(percent)}%`]
    return count === undefined ? [] : [count]
  })
  return sizes.length > 0 ? sizes : ['100%']
}
