import { isObject, type Json, type JsonObject } from '../model/json.ts'
import type { Module } from '../model/module.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { Scope } from '../model/runbook.ts'
import { type Binder, compileCondition, compileScalar, compileTemplate, constant } from './compile-scalar.ts'
import type { Compiling } from './compiling.ts'
import { readControllerFile } from './controller-file.ts'
import { readControllerFolder } from './controller-folder.ts'
import { type ArgFormat, formatOf, itemSchema, memberSchema, moduleSchemas, wantsText } from './module-schema.ts'
import { schemaFaults } from './schema-check.ts'
import { type Subject, schemaProblem } from './schema-problem.ts'
import { placeIn, sourceText } from './source-text.ts'
import { hasTemplate } from './template.ts'
import { spanOf, toJson, type YamlMap, type YamlNode, type YamlScalar } from './yaml-node.ts'

/** A module's arguments: checked now as far as they are known, and fully, without templates, each time they are bound. */
export function compileArgs(compiling: Compiling, module: Module, node: YamlNode): Binder<JsonObject> {
  const { written, bound } = moduleSchemas(module)
  const faults = schemaFaults(written, toJson(node) ?? {}, 'later')
  compiling.problems.push(...faults.map((fault) => schemaProblem(node, fault, subjectOf(module))))
  const binder = node.kind === 'map' ? compileMap(compiling, node, written) : constant<Json>({})
  const bind = (scope: Scope): Result<JsonObject> => {
    const value = binder.bind(scope)
    if (!value.ok) return value
    if (!isObject(value.value))
      return fail([{ kind: 'schema', message: `${module.name} takes a mapping`, at: spanOf(node) }])
    const wrong = schemaFaults(bound, value.value, 'none').map((fault) => schemaProblem(node, fault, subjectOf(module)))
    return wrong.length > 0 ? fail(wrong) : succeed(value.value as JsonObject) // sealed: an object of Json
  }
  return { uses: binder.uses, bind }
}

const subjectOf = ({ name }: Module): Subject => ({ itself: `the arguments of ${name}`, prefix: `${name}: ` })

function compileNode(compiling: Compiling, node: YamlNode, schema: JsonObject): Binder {
  switch (node.kind) {
    case 'scalar':
      return compileArgument(compiling, node, schema)
    case 'list': {
      const items = node.items.map((item) => compileNode(compiling, item, itemSchema(schema)))
      return { uses: items.flatMap(({ uses }) => uses), bind: (scope) => bindAll(items, scope) }
    }
    case 'map':
      return compileMap(compiling, node, schema)
  }
}

function compileMap(compiling: Compiling, node: YamlMap, schema: JsonObject): Binder {
  const members = node.members.flatMap((member) => {
    if (hasTemplate(member.key)) {
      const message = 'a key cannot be a template'
      compiling.problems.push({ kind: 'template', message, at: spanOf(member) })
    }
    return compileMember(compiling, { key: member.key, value: member.value, map: node }, schema)
  })
  return {
    uses: members.flatMap(({ binder }) => binder.uses),
    bind: (scope) => {
      const values = bindAll(
        members.map(({ binder }) => binder),
        scope,
      )
      if (!values.ok) return values
      return succeed(Object.fromEntries(members.map(({ key }, index) => [key, values.value[index] ?? null])))
    },
  }
}

interface CompiledMember {
  readonly key: string
  readonly binder: Binder
}

function compileMember(
  compiling: Compiling,
  { key, value, map }: { readonly key: string; readonly value: YamlNode; readonly map: YamlMap },
  schema: JsonObject,
): readonly CompiledMember[] {
  const own = memberSchema(schema, key)
  const format = formatOf(own)
  if (format !== 'controller-file' && format !== 'controller-folder' && format !== 'controller-template') {
    return [{ key, binder: compileNode(compiling, value, own) }]
  }
  const into = format === 'controller-folder' ? 'entries' : 'content'
  if (map.members.some((other) => other.key === into)) {
    compiling.problems.push({ kind: 'schema', message: `${key} and ${into} exclude each other`, at: spanOf(value) })
  }
  const content = { key: into, binder: compileFile(compiling, value, format) }
  const required = Array.isArray(schema.required) && schema.required.includes(key)
  return required ? [{ key, binder: constant(toJson(value)) }, content] : [content]
}

/** A file's text is read when the runbook is loaded, so that plan and apply see the same. */
function compileFile(compiling: Compiling, node: YamlNode, format: ArgFormat): Binder {
  const nothing = constant<Json>(format === 'controller-folder' ? [] : '')
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return nothing // the schema says what is wrong
  if (hasTemplate(node.value)) {
    const message = 'a file name cannot be a template: the file is read when the runbook is loaded'
    compiling.problems.push({ kind: 'template', message, at: spanOf(node) })
    return nothing
  }
  if (format === 'controller-folder') {
    const entries = readControllerFolder(compiling.folder, node.value)
    if (entries.ok) return constant<Json>(entries.value)
    tell(compiling, node, entries.problems)
    return nothing
  }
  const read = readControllerFile(compiling.folder, node.value)
  if (!read.ok) {
    tell(compiling, node, read.problems)
    return nothing
  }
  const { file, text } = read.value
  if (format === 'controller-file' || !hasTemplate(text)) return constant(text)
  const source = sourceText(file, text)
  const place = (start: number, end: number) => placeIn(source, start, end)
  return asText(compileTemplate(compiling, { node, text, use: 'value', place }))
}

function tell(compiling: Compiling, node: YamlNode, problems: readonly Problem[]): void {
  compiling.problems.push(...problems.map((problem): Problem => ({ ...problem, at: spanOf(node) })))
}

function compileArgument(compiling: Compiling, node: YamlScalar, schema: JsonObject): Binder {
  const format = formatOf(schema)
  if (format === 'cel') return compileCondition(compiling, node)
  const binder = compileScalar(compiling, node, format === 'shell' ? 'shell' : 'value')
  return {
    uses: binder.uses,
    bind: (scope) => {
      const found = binder.bind(scope)
      return found.ok && binder.uses.length > 0 && wantsText(schema, found.value) ? succeed(String(found.value)) : found
    },
  }
}

const asText = (binder: Binder): Binder => ({
  uses: binder.uses,
  bind: (scope) => {
    const found = binder.bind(scope)
    return found.ok ? succeed(typeof found.value === 'string' ? found.value : JSON.stringify(found.value)) : found
  },
})

/** A value of any shape with templates in its scalars, for the runbook's `vars`. */
export const compileValue = (compiling: Compiling, node: YamlNode): Binder => compileNode(compiling, node, {})

function bindAll(binders: readonly Binder[], scope: Scope): Result<readonly Json[]> {
  const results = binders.map((binder) => binder.bind(scope))
  const problems = results.flatMap((result) => (result.ok ? [] : result.problems))
  if (problems.length > 0) return fail(problems)
  return succeed(results.flatMap((result) => (result.ok ? [result.value] : [])))
}
