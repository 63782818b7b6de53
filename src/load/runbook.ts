import { dirname } from 'node:path'
import type { Json } from '../model/json.ts'
import type { Modules } from '../model/module.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { Bindable, OnFailure, OnMissedTarget, Param, Runbook } from '../model/runbook.ts'
import { compileValue } from './compile-args.ts'
import { type CompiledDiagnosis, compileDiagnosis } from './compile-diagnosis.ts'
import type { CompiledInclude } from './compile-include.ts'
import { compileIncludes, digestOf, hiddenNames, stagesInOrder } from './compile-includes.ts'
import { type CompiledMeasure, compileMeasure } from './compile-measure.ts'
import { type Binder, bindable, compileExpression } from './compile-scalar.ts'
import { type CompiledStage, compileStages, compileSteps } from './compile-stages.ts'
import { type CompiledStep, flagOf } from './compile-step.ts'
import type { Compiling, NameUse, WrittenExpression } from './compiling.ts'
import { runbookNameOf } from './find-runbook.ts'
import { type IncludeSources, openIncluded } from './included.ts'
import { compileParams } from './params.ts'
import { structureSchema, structureSchemaWithIncludes } from './runbook-schema.ts'
import { schemaFaults } from './schema-check.ts'
import { schemaProblem } from './schema-problem.ts'
import { type NameEvent, nameProblems, namesFromOutside } from './scope-names.ts'
import { stepProblems } from './step-order.ts'
import { parseYaml } from './yaml-document.ts'
import {
  childOf,
  itemsOf,
  memberOf,
  membersOf,
  spanOf,
  textOf,
  toJson,
  type YamlMember,
  type YamlNode,
} from './yaml-node.ts'

export interface RunbookSource extends IncludeSources {
  readonly file: string
  readonly text: string
  readonly modules: Modules
  /** Names of inventory variables. Given, a name that neither they nor the runbook have is a problem now. */
  readonly inventoryNames?: ReadonlySet<string>
}

/** A runbook compiled from its text, or every problem in it with its place. Reads the files that arguments name. */
export function loadRunbook(source: RunbookSource): Result<Runbook> {
  const compiled = compileRunbook(source)
  if (!compiled.ok) return compiled
  const { runbook, problems } = compiled.value
  return problems.length > 0 ? fail(problems) : succeed(runbook)
}

/** A runbook as far as it could be compiled, how it is written, and everything that is wrong in it. */
export interface CompiledRunbook {
  readonly runbook: Runbook
  readonly root: YamlNode
  readonly problems: readonly Problem[]
  readonly expressions: readonly WrittenExpression[]
}

/** As loadRunbook, for who wants to look at a runbook in spite of its problems; fails only where there is no YAML. */
export function compileRunbook(source: RunbookSource): Result<CompiledRunbook> {
  const parsed = parseYaml(source.file, source.text, 'runbook')
  if (!parsed.ok) return parsed
  const compiling: Compiling = {
    modules: source.modules,
    folder: dirname(source.file),
    problems: [],
    notes: [],
    expressions: [],
    open: (name) => openRunbook(source, name),
  }
  const runbook = compile(compiling, parsed.value, source)
  const { problems, expressions } = compiling
  return succeed({ runbook, root: parsed.value, problems: inFileOrder(problems, source.file), expressions })
}

/** A runbook to include: sound, or what is wrong in it. */
function openRunbook(source: RunbookSource, name: string): Result<Runbook> {
  const opened = openIncluded(source.file, source, name)
  if (!opened.ok) return opened
  const { sources, file, text } = opened.value
  return loadRunbook({ ...source, ...sources, file, text })
}

/** Top to bottom, those of included files first, each problem once. */
function inFileOrder(problems: readonly Problem[], own: string): readonly Problem[] {
  const unique = new Map(problems.map((problem) => [JSON.stringify([problem.at, problem.message]), problem]))
  return [...unique.values()].toSorted(
    (a, b) =>
      fileOrder(a, b, own) || (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0),
  )
}

const fileOrder = (a: Problem, b: Problem, own: string): number => {
  const [one = own, other = own] = [a.at?.file, b.at?.file]
  if (one === other) return 0
  if (one === own || other === own) return one === own ? 1 : -1
  return one < other ? -1 : 1
}

function compile(compiling: Compiling, root: YamlNode, source: RunbookSource): Runbook {
  checkStructure(compiling, root)
  noteName(compiling, root, source.file)
  const params = compileParams(compiling, childOf(root, 'params'))
  const facts = compileSteps(compiling, itemsOf(childOf(root, 'facts')), { part: 'facts', prefix: 'fact' })
  const vars = membersOf(childOf(root, 'vars')).map((member) => compileVar(compiling, member))
  const guards = compileSteps(compiling, itemsOf(childOf(root, 'guards')), { part: 'guards', prefix: 'guard' })
  const measures = membersOf(childOf(root, 'measure')).flatMap((member) => compileMeasure(compiling, member) ?? [])
  const diagnosis = compileDiagnosis(compiling, childOf(root, 'diagnose'))
  const stages = compileStages(compiling, root)
  const includes = compileIncludes(compiling, root)
  const compiled = {
    ...{ params, facts, vars, guards, measures, diagnosis, stages },
    includes: includes.map(({ include }) => include),
  }
  const events = nameEvents(compiled)
  compiling.problems.push(...nameProblems(events, source.inventoryNames))
  compiling.problems.push(...hiddenNames(params, compiled.includes))
  compiling.problems.push(
    ...stepProblems({
      looks: [...facts, ...guards, ...[...measures, ...(diagnosis?.evidence ?? [])].map(({ read }) => read)],
      stages,
      includes: compiled.includes,
    }),
  )
  return {
    ...headOf(root),
    file: source.file,
    text: source.text,
    ...digestOf(source.text, compiled.includes),
    params,
    vars: vars.map(({ name, value }) => ({ name, value })),
    facts: facts.map(({ step }) => step),
    guards: [...guards.map(({ step }) => step), ...compiled.includes.flatMap((include) => include.guards)],
    measures: [...measures.map(({ measure }) => measure), ...compiled.includes.flatMap((include) => include.measures)],
    ...(diagnosis ? { diagnosing: diagnosis.diagnosing } : {}),
    stages: stagesInOrder(stages, includes),
    outside: [...namesFromOutside(events), ...compiled.includes.flatMap(({ outside }) => outside)],
    ...(compiling.notes.length > 0 ? { notes: inFileOrder(compiling.notes, source.file) } : {}),
  }
}

function headOf(root: YamlNode) {
  const description = textOf(childOf(root, 'description'))
  const onFailure = textOf(childOf(root, 'on_failure')) ?? 'stop'
  const onMissedTarget = textOf(childOf(root, 'on_missed_target')) ?? 'keep'
  const become = flagOf(root, 'become')
  return {
    name: textOf(childOf(root, 'name')) ?? '',
    summary: textOf(childOf(root, 'summary')) ?? '',
    ...(description === undefined ? {} : { description }),
    symptoms: itemsOf(childOf(root, 'symptoms')).flatMap((node) => textOf(node) ?? []),
    hosts: textOf(childOf(root, 'hosts')) ?? '',
    ...(become === undefined ? {} : { become }),
    onFailure: onFailure as OnFailure, // sealed: the schema has its words
    onMissedTarget: onMissedTarget as OnMissedTarget, // sealed: likewise
  }
}

/** Shape and types of everything but the modules' arguments, and that there is something to do. */
function checkStructure(compiling: Compiling, root: YamlNode): void {
  const schema = itemsOf(childOf(root, 'stages')).some((stage) => memberOf(stage, 'include'))
    ? structureSchemaWithIncludes
    : structureSchema
  const faults = schemaFaults(schema, toJson(root), 'none')
  compiling.problems.push(...faults.map((fault) => schemaProblem(root, fault, { itself: 'a runbook' })))
  const stages = memberOf(root, 'stages')
  const steps = memberOf(root, 'steps')
  if (stages && steps) {
    const message = 'stages and steps exclude each other'
    compiling.problems.push({ kind: 'schema', message, at: spanOf(steps), hint: 'put the steps into a stage' })
  }
  if (faults.length === 0 && !stages && !steps && !LOOKS.some((part) => memberOf(root, part))) {
    const message = 'this runbook does nothing: it has no stages or steps, no guards and no measures'
    compiling.problems.push({ kind: 'schema', message, at: spanOf(root) })
  }
}

/** Parts that make a runbook worth while without any step. */
const LOOKS: readonly string[] = ['guards', 'measure', 'diagnose']

/** A runbook is found by the name of its file, and its runs are listed under its own. */
function noteName(compiling: Compiling, root: YamlNode, file: string): void {
  const name = childOf(root, 'name')
  const expected = runbookNameOf(file)
  if (!name || textOf(name) === expected) return
  const message = `the name ${textOf(name)} differs from that of its file, ${expected}`
  compiling.notes.push({
    kind: 'schema',
    rule: 'name-differs',
    message,
    at: spanOf(name),
    hint: 'rename one of the two',
  })
}

interface CompiledVar {
  readonly name: string
  readonly value: Bindable<Json>
  readonly uses: readonly NameUse[]
  readonly member: YamlMember
}

/** A literal, a template, or `{expr: CEL}`. */
function compileVar(compiling: Compiling, member: YamlMember): CompiledVar {
  const expression = memberOf(member.value, 'expr')
  const only =
    membersOf(member.value).length === 1 && expression?.value.kind === 'scalar' ? expression.value : undefined
  const binder: Binder = only ? compileExpression(compiling, only, 'any') : compileValue(compiling, member.value)
  return { name: member.key, value: bindable(only ?? member.value, binder), uses: binder.uses, member }
}

/** Everything that gives names a value or needs them, in the order of a run. */
function nameEvents(compiled: {
  readonly params: readonly Param[]
  readonly facts: readonly CompiledStep[]
  readonly vars: readonly CompiledVar[]
  readonly includes: readonly CompiledInclude[]
  readonly guards: readonly CompiledStep[]
  readonly measures: readonly CompiledMeasure[]
  readonly diagnosis: CompiledDiagnosis | undefined
  readonly stages: readonly CompiledStage[]
}): readonly NameEvent[] {
  const { params, facts, vars, includes, guards, measures, diagnosis, stages } = compiled
  return [
    ...params.map(({ name, at }) => declares(name, `a parameter (line ${at.line})`, at)),
    ...facts.flatMap(stepEvents),
    ...vars.flatMap(({ name, uses, member }) => [
      { kind: 'uses', uses } as const,
      declares(name, 'one of the vars', spanOf(member)),
    ]),
    ...includes.map(({ uses }) => ({ kind: 'uses', uses }) as const),
    ...guards.flatMap(stepEvents),
    ...[...measures, ...(diagnosis?.evidence ?? [])].flatMap(({ read, targetUses }): readonly NameEvent[] => [
      ...usesOf(read),
      { kind: 'uses', uses: targetUses, besides: ['value', 'before'] },
    ]),
    { kind: 'uses', uses: diagnosis?.causeUses ?? [], besides: ['evidence'] },
    ...stages.flatMap(({ gate, steps, rollingUses }): readonly NameEvent[] => [
      { kind: 'uses', uses: rollingUses },
      ...gate.flatMap(usesOf),
      ...steps.flatMap(stepEvents),
    ]),
  ]
}

function stepEvents(compiled: CompiledStep): readonly NameEvent[] {
  const { step, asAt } = compiled
  if (step.as === undefined || !asAt) return usesOf(compiled)
  return [...usesOf(compiled), declares(step.as, `the output of step ${step.id}`, asAt)]
}

const usesOf = ({ step, uses, untilUses }: CompiledStep): readonly NameEvent[] => [
  { kind: 'uses', uses },
  { kind: 'uses', uses: untilUses, besides: ['output', ...(step.as === undefined ? [] : [step.as])] },
]

const declares = (name: string, what: string, at: NameUse['at']): NameEvent => ({
  kind: 'declares',
  declaration: { name, what, at },
})
