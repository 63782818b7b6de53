import { escapeLine } from '../model/escape.ts'
import { isObject, type Json, type JsonObject } from '../model/json.ts'
import type { Module } from '../model/module.ts'
import { columns, indent } from './layout.ts'
import type { Style } from './style.ts'

/** Modules as a table: name, whether it changes anything, what it does. */
export const moduleListText = (modules: readonly Module[], style: Style): string =>
  columns(modules.map(({ name, effect, summary }) => [name, effect === 'reads' ? 'looks' : 'changes', summary]))
    .map((line, at) => line.replace(modules[at]?.name ?? '', (name) => style.bold(name)))
    .map((line) => `${line}\n`)
    .join('')

/** One module: what it does, its arguments, an example, and what it can undo. */
export function moduleText(module: Module, style: Style): string {
  const undo =
    module.effect === 'reads'
      ? 'It only looks.'
      : module.revert
        ? 'Its changes can be undone.'
        : 'Its changes are undone by an `undo:` of the step only.'
  return [
    `${style.bold(module.name)}: ${escapeLine(module.summary)}. ${undo}`,
    `${style.bold('Arguments')}\n${argumentLines(module)
      .map((line) => `  ${line}`)
      .join('\n')}`,
    `${style.bold('Example')}\n${indent(module.example.trimEnd(), '  ')}`,
    '',
  ]
    .join('\n\n')
    .replace(/\n\n$/, '\n')
}

function argumentLines({ args }: Module): readonly string[] {
  const schema = JSON.parse(JSON.stringify(args)) as JsonObject // sealed: a schema is JSON
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = Array.isArray(schema.required) ? schema.required : []
  const rows = Object.entries(properties).map(([name, value]) => {
    const property = isObject(value) ? (value as JsonObject) : {} // sealed: a member of JSON is JSON
    return [name, typeText(property), required.includes(name) ? 'required' : '', descriptionOf(property)]
  })
  return rows.length === 0 ? ['none'] : columns(rows)
}

function descriptionOf(schema: JsonObject): string {
  const description = typeof schema.description === 'string' ? escapeLine(schema.description) : ''
  return schema.default === undefined
    ? description
    : `${description} (default ${JSON.stringify(schema.default)})`.trimStart()
}

/** "string", "a | b", "list of string", "number or string". */
function typeText(schema: JsonObject): string {
  if (Array.isArray(schema.enum)) return schema.enum.map(wordOf).join(' | ')
  if (schema.const !== undefined) return wordOf(schema.const)
  const several = schema.anyOf ?? schema.oneOf
  if (Array.isArray(several)) {
    const parts = several.map((one: Json) => (isObject(one) ? typeText(one as JsonObject) : '')) // sealed: as above
    return several.every((one: Json) => isObject(one) && one.const !== undefined)
      ? parts.join(' | ')
      : [...new Set(parts)].join(' or ')
  }
  if (schema.format === 'cel') return 'CEL expression'
  if (schema.type === 'array')
    return `list of ${isObject(schema.items) ? typeText(schema.items as JsonObject) : 'anything'}` // sealed: as above
  return typeof schema.type === 'string' ? (schema.type === 'object' ? 'mapping' : schema.type) : 'anything'
}

const wordOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))
