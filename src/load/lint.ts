import type { Problem } from '../model/problem.ts'
import type { Stage, Step } from '../model/runbook.ts'
import type { Span } from '../model/source.ts'
import type { Found, LintInput, LintRule, LintStep } from './lint-rule.ts'
import { pageOf, RULES } from './rules.ts'
import type { CompiledRunbook } from './runbook.ts'
import { type Finding, waive } from './waivers.ts'
import { childOf, itemsOf, membersOf, spanOf, type YamlMap, type YamlNode } from './yaml-node.ts'

/** Everything in a runbook that breaks a rule and is not waived, top to bottom; looks at no host and no other file. */
export function lintRunbook(
  compiled: CompiledRunbook,
  inventoryNames: ReadonlySet<string> = new Set(),
): readonly Problem[] {
  const { runbook, root, expressions, problems } = compiled
  const input: LintInput = { runbook, root, expressions, steps: lintSteps(compiled), inventoryNames }
  const rules = problems.length === 0 ? RULES : RULES.filter(({ needs }) => needs === 'text')
  const told = new Set(problems.map(({ at }) => placeKey(at)))
  const findings = [
    ...(runbook.notes ?? []).map(noteFinding),
    ...rules.flatMap((rule) => rule.find(input).map((found) => findingOf(rule, found))),
  ].filter(({ problem }) => !told.has(placeKey(problem.at)))
  return waive(compiled, findings).toSorted(byPlace)
}

const placeKey = (at: Span | undefined): string => `${at?.line}:${at?.column}`

const byPlace = (a: Problem, b: Problem): number =>
  (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0)

const findingOf = ({ id, severity }: LintRule, { at, message, hint, line }: Found): Finding => ({
  problem: { kind: 'rule', rule: id, severity, message, at, ...(hint === undefined ? {} : { hint }) },
  ...(line === undefined ? {} : { line }),
})

/** Compiling leaves remarks of its own, under rules of the same table. */
const noteFinding = (note: Problem): Finding => ({
  problem: { ...note, kind: 'rule', severity: pageOf(note.rule ?? '')?.severity ?? 'warning' },
})

/** Each step of the runbook with its node, found by its place. */
function lintSteps({ runbook, root }: CompiledRunbook): readonly LintStep[] {
  const nodes = new Map(mapsIn(root).map((node) => [placeKey(spanOf(node)), node]))
  const { facts, guards, measures, stages } = runbook
  const withNode = (step: Step, part: LintStep['part'], stage?: Stage): readonly LintStep[] => {
    if (step.include !== undefined) return [] // told where its own runbook is looked at
    const node = nodes.get(placeKey(step.at))
    const args = childOf(node, step.module.name)
    return node && args ? [{ step, node, args, part, ...(stage ? { stage } : {}) }] : []
  }
  const gates = new Map(stages.flatMap(({ rolling }) => rolling.gate).map((step) => [placeKey(step.at), step]))
  return [
    ...[...facts, ...guards, ...measures.map(({ read }) => read), ...gates.values()].flatMap((step) =>
      withNode(step, 'look'),
    ),
    ...stages.flatMap((stage) => stage.steps.flatMap((step) => withNode(step, 'stage', stage))),
  ]
}

function mapsIn(node: YamlNode): readonly YamlMap[] {
  if (node.kind === 'scalar') return []
  if (node.kind === 'list') return itemsOf(node).flatMap(mapsIn)
  return [node, ...membersOf(node).flatMap(({ value }) => mapsIn(value))]
}
