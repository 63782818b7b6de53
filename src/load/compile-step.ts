import { type StepId, stepId } from '../model/id.ts'
import { isObject } from '../model/json.ts'
import { effectOf, type Module } from '../model/module.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { Retry, Scope, Step, UndoStep } from '../model/runbook.ts'
import type { Span } from '../model/source.ts'
import { compileArgs } from './compile-args.ts'
import { bindable, compileCondition, compileScalar } from './compile-scalar.ts'
import type { Compiling, NameUse } from './compiling.ts'
import { compileConfirm } from './confirm-within.ts'
import { parseDuration } from './duration.ts'
import { suggest } from './nearest.ts'
import { MEASURE_KEYWORDS, MISPLACED_KEYWORDS, STEP_KEYWORDS } from './runbook-schema.ts'
import { hasTemplate } from './template.ts'
import {
  childOf,
  itemsOf,
  memberOf,
  spanOf,
  textOf,
  toJson,
  type YamlMap,
  type YamlMember,
  type YamlNode,
} from './yaml-node.ts'

/** In which part of the runbook a step stands: only steps of stages may change a host. */
export type StepPart = 'facts' | 'guards' | 'gate' | 'measure' | 'stage'

export interface StepPlace {
  readonly part: StepPart
  readonly prefix: string // of ids that are made: `s1`, `fact`
  readonly number: number // from 1
}

/** A step, the names it needs and the places that checks across steps point at. */
export interface CompiledStep {
  readonly step: Step
  readonly uses: readonly NameUse[]
  readonly untilUses: readonly NameUse[] // these see the step's own output besides
  readonly idAt: Span
  readonly asAt?: Span
  readonly follows: readonly { readonly id: string; readonly at: Span }[] // when_changed
}

/** Compiles one step; undefined where it has no module that could be run. Problems go to `compiling`. */
export function compileStep(compiling: Compiling, node: YamlNode, place: StepPlace): CompiledStep | undefined {
  if (node.kind !== 'map') return undefined // the structure's check says so
  const chosen = chooseModule(compiling, node, place.part === 'measure' ? MEASURE_KEYWORDS : STEP_KEYWORDS)
  if (!chosen) return undefined
  const { module, member } = chosen
  refuseChanges(compiling, module, member, place.part)
  refuseTemplateName(compiling, childOf(node, 'name'))
  const args = compileArgs(compiling, module, member.value)
  const when = conditionOf(compiling, node, 'when')
  const retry = compileRetry(compiling, childOf(node, 'retry'))
  refuseRetry(compiling, memberOf(node, 'retry'), place.part)
  refuseKept(compiling, memberOf(node, 'kept'), place.part)
  const on = compileOn(compiling, memberOf(node, 'on'), place.part)
  const undo = compileUndo(compiling, node)
  const confirmMs = compileConfirm(compiling, node, { module, part: place.part, undo: undo?.step })
  const name = place.part === 'measure' ? module.name : (textOf(childOf(node, 'name')) ?? module.name)
  const idNode = childOf(node, 'id')
  const id = textOf(idNode) ?? `${place.prefix}-${place.number}-${slug(name)}`
  const asNode = memberOf(node, 'as')?.value
  const follows = followsOf(childOf(node, 'when_changed'))
  const step: Step = {
    id: stepId(id),
    name,
    module,
    args: bindable(member.value, args),
    ...(when ? { when: bindable(when.node, when.binder) } : {}),
    whenChanged: follows.map((follow): StepId => stepId(follow.id)),
    ...optionsOf(node, asNode),
    ...(retry ? { retry: retry.retry } : {}),
    ...(on ? { on: bindable(on.node, on.binder) } : {}),
    ...(undo ? { undo: undo.step } : {}),
    ...(confirmMs === undefined ? {} : { confirmMs }),
    at: spanOf(node),
  }
  const uses = [...args.uses, ...(when?.binder.uses ?? []), ...(undo?.uses ?? []), ...(on?.binder.uses ?? [])]
  return {
    step,
    uses,
    untilUses: retry?.uses ?? [],
    idAt: spanOf(idNode ?? member),
    follows,
    ...(asNode ? { asAt: spanOf(asNode) } : {}),
  }
}

/** Everything of a step that is taken as written. */
function optionsOf(node: YamlMap, asNode: YamlNode | undefined) {
  const become = flagOf(node, 'become')
  const timeoutMs = parseDuration(textOf(childOf(node, 'timeout')) ?? '')
  const as = textOf(asNode)
  return {
    runOnce: flagOf(node, 'run_once') ?? false,
    irreversible: flagOf(node, 'irreversible') ?? false,
    beforeUndo: flagOf(node, 'before_undo') ?? false,
    commit: flagOf(node, 'commit') ?? false,
    ...(become === undefined ? {} : { become }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(as === undefined ? {} : { as }),
    ...(flagOf(node, 'kept') ? { kept: true as const } : {}),
  }
}

export function flagOf(node: YamlNode | undefined, key: string): boolean | undefined {
  const value = childOf(node, key)
  return value?.kind === 'scalar' && typeof value.value === 'boolean' ? value.value : undefined
}

export const numberOf = (node: YamlNode | undefined): number | undefined =>
  node?.kind === 'scalar' && typeof node.value === 'number' ? node.value : undefined

interface Chosen {
  readonly module: Module
  readonly member: YamlMember
}

/** The one key of a map that names a module; all other keys must be `keywords`. */
export function chooseModule(
  compiling: Compiling,
  node: YamlMap,
  keywords: Readonly<Record<string, unknown>>,
): Chosen | undefined {
  const { modules, problems } = compiling
  const strangers = node.members.filter(({ key }) => !Object.hasOwn(keywords, key))
  const [member, second] = strangers.filter(({ key }) => modules.has(key))
  const unknown = strangers.filter(({ key }) => !modules.has(key))
  problems.push(...unknown.map((stranger) => unknownKey(compiling, stranger, member ? 'keyword' : 'module', keywords)))
  if (second && member) {
    const message = `a step has one module, and this one has ${member.key} and ${second.key}`
    problems.push({ kind: 'schema', message, at: spanOf(second), hint: 'make two steps of it' })
  }
  if (!member && unknown.length === 0) {
    const hint = suggest('', modules.keys())
    problems.push({ kind: 'schema', message: 'this step names no module', at: spanOf(node), ...(hint ? { hint } : {}) })
  }
  const module = modules.get(member?.key ?? '')
  return module && member ? { module, member } : undefined
}

function unknownKey(
  compiling: Compiling,
  member: YamlMember,
  wanted: 'keyword' | 'module',
  keywords: Readonly<Record<string, unknown>>,
): Problem {
  const { key } = member
  const at = spanOf(member)
  const misplaced = Object.hasOwn(MISPLACED_KEYWORDS, key) ? MISPLACED_KEYWORDS[key] : undefined
  if (misplaced) return { kind: 'schema', message: misplaced[0], at, hint: misplaced[1] }
  const keywordHint = suggest(key, Object.keys(keywords))
  const near = keywordHint?.startsWith('did you mean')
  if (wanted === 'keyword' || near) {
    const moduleHint = suggest(key, compiling.modules.keys())
    const hint = near || !moduleHint?.startsWith('did you mean') ? keywordHint : moduleHint
    return { kind: 'schema', message: `unknown keyword ${key}`, at, ...(hint ? { hint } : {}) }
  }
  const hint = suggest(key, compiling.modules.keys())
  return { kind: 'reference', message: `there is no module ${key}`, at, ...(hint ? { hint } : {}) }
}

const WHY_READS: Readonly<Record<Exclude<StepPart, 'stage'>, string>> = {
  facts: 'facts only look',
  guards: 'guards only look',
  gate: 'gates only look',
  measure: 'measures only look',
}

function refuseChanges(compiling: Compiling, module: Module, member: YamlMember, part: StepPart): void {
  const written = toJson(member.value)
  if (part === 'stage' || effectOf(module, isObject(written) ? written : {}) === 'reads') return
  const message = `${module.name} changes hosts, and ${WHY_READS[part]}`
  compiling.problems.push({ kind: 'schema', message, at: spanOf(member), hint: 'make it a step of a stage' })
}

function refuseRetry(compiling: Compiling, member: YamlMember | undefined, part: StepPart): void {
  if (!member || (part !== 'facts' && part !== 'guards')) return
  const message = `retry has no meaning here: ${part} are looked at once, in the plan`
  compiling.problems.push({ kind: 'schema', message, at: spanOf(member), hint: 'wait in a step of a stage' })
}

function refuseKept(compiling: Compiling, member: YamlMember | undefined, part: StepPart): void {
  if (!member || part === 'facts') return
  const message = 'kept stands with facts only: the output of a step that was finished is kept anyway'
  compiling.problems.push({ kind: 'schema', message, at: spanOf(member), hint: 'leave it out' })
}

function refuseTemplateName(compiling: Compiling, node: YamlNode | undefined): void {
  if (!node || !hasTemplate(textOf(node) ?? '')) return
  const message = 'a name is the same on every host: templates are not rendered in it'
  compiling.problems.push({ kind: 'template', message, at: spanOf(node) })
}

function conditionOf(compiling: Compiling, node: YamlNode | undefined, key: 'when' | 'until') {
  const written = childOf(node, key)
  return written?.kind === 'scalar' ? { node: written, binder: compileCondition(compiling, written) } : undefined
}

function compileRetry(
  compiling: Compiling,
  node: YamlNode | undefined,
): { readonly retry: Retry; readonly uses: readonly NameUse[] } | undefined {
  const times = numberOf(childOf(node, 'times'))
  if (times === undefined) return undefined
  const everyMs = parseDuration(textOf(childOf(node, 'every')) ?? '') ?? 0
  const until = conditionOf(compiling, node, 'until')
  return {
    retry: { times, everyMs, ...(until ? { until: bindable(until.node, until.binder) } : {}) },
    uses: until?.binder.uses ?? [],
  }
}

/** One host by name: a text, or a template that gives one. */
function compileOn(compiling: Compiling, member: YamlMember | undefined, part: StepPart) {
  if (member?.value.kind !== 'scalar') return undefined
  const node = member.value
  if (part !== 'stage') {
    const message = 'on stands with steps of stages only: everything else looks at the hosts of the run'
    compiling.problems.push({ kind: 'schema', message, at: spanOf(member) })
  }
  const binder = compileScalar(compiling, node, 'value')
  const bind = (scope: Scope): Result<string> => {
    const found = binder.bind(scope)
    if (!found.ok) return found
    if (typeof found.value === 'string' && found.value.trim() !== '') return succeed(found.value.trim())
    const message = `on must give the name of one host, not ${JSON.stringify(found.value)}`
    return fail([{ kind: 'reference', message, at: spanOf(node) }])
  }
  return { node, binder: { uses: binder.uses, bind } }
}

function compileUndo(
  compiling: Compiling,
  node: YamlMap,
): { readonly step: UndoStep; readonly uses: readonly NameUse[] } | undefined {
  const undo = childOf(node, 'undo')
  const chosen = undo?.kind === 'map' ? chooseModule(compiling, undo, {}) : undefined
  if (!chosen) return undefined
  const args = compileArgs(compiling, chosen.module, chosen.member.value)
  return { step: { module: chosen.module, args: bindable(chosen.member.value, args) }, uses: args.uses }
}

function followsOf(node: YamlNode | undefined): readonly { readonly id: string; readonly at: Span }[] {
  const nodes = node?.kind === 'scalar' ? [node] : itemsOf(node)
  return nodes.flatMap((item) => {
    const id = textOf(item)
    return id === undefined ? [] : [{ id, at: spanOf(item) }]
  })
}

/** Letters, digits and dashes, at most 40 characters. */
export const slug = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '')
