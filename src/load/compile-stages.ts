import type { Json } from '../model/json.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { BatchSize, Rolling, Scope, Stage } from '../model/runbook.ts'
import { type Binder, bindable, compileExpression, compileScalar, constant } from './compile-scalar.ts'
import { type CompiledStep, compileStep, numberOf, type StepPlace } from './compile-step.ts'
import type { Compiling, NameUse } from './compiling.ts'
import { parseDuration } from './duration.ts'
import { childOf, itemsOf, memberOf, spanOf, textOf, type YamlNode } from './yaml-node.ts'

export interface CompiledStage {
  readonly number: number // its place among stages and includes, from 1
  readonly stage: Stage
  readonly steps: readonly CompiledStep[]
  readonly gate: readonly CompiledStep[]
  readonly rollingUses: readonly NameUse[]
}

/** The stages of a runbook, or the one stage that `steps:` at the top is. */
export function compileStages(compiling: Compiling, root: YamlNode): readonly CompiledStage[] {
  const common = childOf(root, 'rolling')
  const stages = childOf(root, 'stages')
  const single = childOf(root, 'steps')
  if (!stages) {
    const name = textOf(childOf(root, 'summary')) ?? ''
    return [compileStage(compiling, { name, node: undefined, steps: itemsOf(single), place: root, common, number: 1 })]
  }
  return itemsOf(stages).flatMap((node, index) => {
    if (memberOf(node, 'include')) return []
    const name = textOf(childOf(node, 'name')) ?? ''
    return compileStage(compiling, {
      name,
      node,
      steps: itemsOf(childOf(node, 'steps')),
      place: root,
      common,
      number: index + 1,
    })
  })
}

interface StageInput {
  readonly name: string
  readonly node: YamlNode | undefined
  readonly steps: readonly YamlNode[]
  readonly place: YamlNode // the runbook itself, for what it leaves out
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
  const soakNode = setting('soak')
  const soak = soakOf(compiling, soakNode)
  const hosts = textOf(childOf(node, 'hosts'))
  const rolling: Rolling = {
    batch: batchOf(setting('batch')),
    ...(order ? { orderBy: bindable(order.node, order.binder) } : {}),
    gate: gate.map(({ step }) => step),
    soak: bindable(soakNode ?? input.place, soak),
    maxFailed: numberOf(setting('max_failed')) ?? 0,
  }
  const stage: Stage = {
    name: input.name,
    ...(hosts === undefined ? {} : { hosts }),
    rolling,
    steps: steps.map(({ step }) => step),
  }
  return { number, stage, steps, gate, rollingUses: [...(order?.binder.uses ?? []), ...soak.uses] }
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

/** The soak in ms, once its parameters are known; none where it is left out. */
function soakOf(compiling: Compiling, node: YamlNode | undefined): Binder<number> {
  if (node?.kind !== 'scalar') return constant(0)
  const binder = compileScalar(compiling, node, 'value')
  const bind = (scope: Scope): Result<number> => {
    const found = binder.bind(scope)
    if (!found.ok) return found
    const ms = parseDuration(String(found.value))
    return ms === undefined ? fail([notDuration(found.value, node)]) : succeed(ms)
  }
  return { uses: binder.uses, bind }
}

const notDuration = (value: Json, node: YamlNode): Problem => ({
  kind: 'parameter',
  message: `${JSON.stringify(value)} is no duration`,
  at: spanOf(node),
  hint: 'a number and ms, s, m or h: 250ms, 60s, 5m, 2h',
})
