import { type StepId, stepId } from '../model/id.ts'
import { paramsOf } from '../model/include-names.ts'
import { isObject, type JsonObject } from '../model/json.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { Bindable, Include, IncludedText, Measure, Param, Runbook, Scope, Stage, Step } from '../model/runbook.ts'
import type { Span } from '../model/source.ts'
import { compileValue } from './compile-args.ts'
import { type Binder, bindable, compileCondition, constant } from './compile-scalar.ts'
import type { Compiling, NameUse } from './compiling.ts'
import { type Within, withinInclude } from './include-scope.ts'
import { schemaFaults } from './schema-check.ts'
import { schemaProblem } from './schema-problem.ts'
import { hasTemplate } from './template.ts'
import { childOf, spanOf, textOf, toJson, type YamlNode } from './yaml-node.ts'

/** Another runbook in the place of a stage: all of it, under names of its own. */
export interface CompiledInclude {
  readonly id: StepId
  readonly idAt: Span
  readonly uses: readonly NameUse[]
  readonly includes: readonly Include[] // itself, and what it includes
  readonly texts: readonly IncludedText[]
  readonly guards: readonly Step[]
  readonly measures: readonly Measure[]
  readonly stages: readonly Stage[]
  readonly outside: NonNullable<Runbook['outside']>
}

/** Compiles `{include: NAME, id, when, params}`; undefined where there is no such runbook or something in it is wrong. */
export function compileInclude(compiling: Compiling, node: YamlNode): CompiledInclude | undefined {
  const nameNode = childOf(node, 'include')
  const name = textOf(nameNode)
  if (!nameNode || name === undefined || !/^[a-z0-9-]+$/.test(name)) return undefined // the structure's check says so
  const opened = compiling.open(name)
  if (!opened.ok) {
    compiling.problems.push(...opened.problems.map((problem) => ({ at: spanOf(nameNode), ...problem })))
    return undefined
  }
  const runbook = opened.value
  const idNode = childOf(node, 'id')
  const id = textOf(idNode) ?? name
  const whenNode = childOf(node, 'when')
  const when = whenNode?.kind === 'scalar' ? compileCondition(compiling, whenNode) : undefined
  const params = compileParamsOf(compiling, runbook, { node, nameNode })
  const chosen: Binder<JsonObject | null> = { uses: [], bind: (scope) => choose(scope, when, params) }
  const uses = [...(when?.uses ?? []), ...params.uses]
  const include: Include = {
    id: stepId(id),
    runbook: name,
    hosts: [runbook.hosts],
    ...(when && whenNode ? { when: bindable(whenNode, when).source } : {}),
    params: {
      ...bindable(childOf(node, 'params') ?? nameNode, chosen),
      names: [...new Set(uses.map((use) => use.name))],
    },
    facts: runbook.facts,
    vars: runbook.vars,
    at: spanOf(nameNode),
  }
  return { idAt: spanOf(idNode ?? nameNode), uses, ...placed(runbook, include) }
}

/** The parameters where the include is taken, null where it is not. */
function choose(
  scope: Scope,
  when: Binder<boolean> | undefined,
  params: Binder<JsonObject>,
): Result<JsonObject | null> {
  const taken = when?.bind(scope) ?? succeed(true)
  if (!taken.ok) return taken
  return taken.value ? params.bind(scope) : succeed(null)
}

/** Checked by the included runbook's own schema: now as far as they are known, and fully when bound. */
function compileParamsOf(
  compiling: Compiling,
  { params, name }: Runbook,
  { node, nameNode }: { readonly node: YamlNode; readonly nameNode: YamlNode },
): Binder<JsonObject> {
  const given = childOf(node, 'params')
  const place = given ?? nameNode
  const schema = schemaOf(params)
  const subject = { itself: `the params of ${name}`, prefix: `${name}: ` }
  const written = schemaFaults(schema, given ? toJson(given) : {}, 'later')
  compiling.problems.push(...written.map((fault) => schemaProblem(place, fault, subject)))
  compiling.problems.push(...writtenSecrets(params, given))
  const binder = given ? compileValue(compiling, given) : constant<JsonObject>({})
  const bind = (scope: Scope): Result<JsonObject> => {
    const value = binder.bind(scope)
    if (!value.ok) return value
    const own = isObject(value.value) ? (value.value as JsonObject) : {} // sealed: an object of Json; the check above refused others
    const faults = schemaFaults(schema, own, 'none')
    if (faults.length > 0) return fail(faults.map((fault): Problem => schemaProblem(place, fault, subject)))
    return succeed({ ...defaultsOf(params), ...own })
  }
  return { uses: binder.uses, bind }
}

/** A secret is known as one by where it comes from; what stands in a file is read by everybody. */
const writtenSecrets = (params: readonly Param[], given: YamlNode | undefined): readonly Problem[] =>
  params.flatMap(({ name, secret }) => {
    const value = secret ? childOf(given, name) : undefined
    if (!value || hasTemplate(textOf(value) ?? '')) return []
    const message = `${name} is secret, and stands here for everybody to read`
    const hint = `give it from a secret parameter of this runbook: ${name}: "{{ ... }}"`
    return [{ kind: 'schema', message, at: spanOf(value), hint }]
  })

const schemaOf = (params: readonly Param[]): JsonObject => ({
  type: 'object',
  properties: Object.fromEntries(params.map(({ name, schema }) => [name, schema])),
  required: params.filter((param) => param.default === undefined).map(({ name }) => name),
  additionalProperties: false,
})

const defaultsOf = (params: readonly Param[]): JsonObject =>
  Object.fromEntries(params.flatMap((param) => (param.default === undefined ? [] : [[param.name, param.default]])))

/** The included runbook as parts of what includes it. */
function placed(runbook: Runbook, include: Include): Omit<CompiledInclude, 'idAt' | 'uses'> {
  const { id } = include
  const within = withinInclude(id, {
    params: new Set(runbook.params.map(({ name }) => name)),
    values: new Set([...runbook.vars.map(({ name }) => name), ...stepsOf(runbook).flatMap(({ as }) => as ?? [])]),
  })
  const step = (one: Step): Step => stepWithin(one, { id, within, runbook })
  const prefixed = (name: string): string => `${id}.${name}`
  const vars = (given: Runbook['vars']): Runbook['vars'] =>
    given.map(({ name, value }) => ({ name: prefixed(name), value: within(value) }))
  const ofInner = (inner: Include): Include => ({
    ...inner,
    id: stepId(prefixed(inner.id)),
    hosts: [runbook.hosts, ...inner.hosts],
    params: onlyWhereTaken(within(inner.params), id),
    facts: inner.facts.map(step),
    vars: vars(inner.vars),
  })
  return {
    id,
    includes: [
      { ...include, facts: runbook.facts.map(step), vars: vars(runbook.vars) },
      ...(runbook.includes ?? []).map(ofInner),
    ],
    texts: [{ name: runbook.name, file: runbook.file, text: runbook.text }, ...(runbook.included ?? [])],
    guards: runbook.guards.map(step),
    measures: runbook.measures.map((one) => ({
      ...one,
      name: prefixed(one.name),
      read: { ...step(one.read), name: prefixed(one.name) },
      ...(one.target ? { target: within(one.target, ['value', 'before']) } : {}),
    })),
    stages: runbook.stages
      .filter(({ steps }) => steps.length > 0)
      .map((stage) => stageWithin(stage, { include, within, step, runbook })),
    outside: runbook.outside ?? [],
  }
}

const onlyWhereTaken = (params: Include['params'], outer: StepId): Include['params'] => ({
  ...params,
  bind: (scope) => (isObject(scope[paramsOf(outer)]) ? params.bind(scope) : succeed(null)),
})

const stepsOf = ({ facts, guards, stages }: Runbook): readonly Step[] => [
  ...facts,
  ...guards,
  ...stages.flatMap(({ rolling, steps }) => [...rolling.gate, ...steps]),
]

const markOf = (inner: StepId | undefined, id: StepId): StepId => (inner === undefined ? id : stepId(`${id}.${inner}`))

function stepWithin(
  step: Step,
  { id, within, runbook }: { readonly id: StepId; readonly within: Within; readonly runbook: Runbook },
): Step {
  const { when, as, retry, undo, on } = step
  const become = step.become ?? runbook.become
  const output = ['output']
  return {
    ...step,
    id: stepId(`${id}.${step.id}`),
    include: markOf(step.include, id),
    args: within(step.args),
    whenChanged: step.whenChanged.map((other) => stepId(`${id}.${other}`)),
    ...(when ? { when: within(when) } : {}),
    ...(as === undefined ? {} : { as: `${id}.${as}` }),
    ...(become === undefined ? {} : { become }),
    ...(retry ? { retry: { ...retry, ...(retry.until ? { until: within(retry.until, output) } : {}) } } : {}),
    ...(on ? { on: within(on) } : {}),
    ...(undo ? { undo: { ...undo, args: within(undo.args) } } : {}),
  }
}

function stageWithin(
  stage: Stage,
  {
    include,
    within,
    step,
    runbook,
  }: {
    readonly include: Include
    readonly within: Within
    readonly step: (one: Step) => Step
    readonly runbook: Runbook
  },
): Stage {
  const { orderBy, soak, gate } = stage.rolling
  const bound = <T>(one: Bindable<T>): Bindable<T> => within(one)
  return {
    ...stage,
    name: `${include.id}: ${stage.name}`,
    include: markOf(stage.include, include.id),
    within: [...(stage.within ?? []), runbook.hosts],
    rolling: {
      ...stage.rolling,
      ...(orderBy ? { orderBy: bound(orderBy) } : {}),
      soak: bound(soak),
      gate: gate.map(step),
    },
    steps: stage.steps.map(step),
  }
}
