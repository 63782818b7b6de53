import type { Json } from '../model/json.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { Bindable, Scope } from '../model/runbook.ts'
import type { Compiling, NameUse } from './compiling.ts'
import { type ExpressionFault, parseExpression } from './expression.ts'
import { placeInScalar } from './scalar-place.ts'
import { hasTemplate, parseTemplate } from './template.ts'
import type { TemplateUse } from './template-gate.ts'
import { renderTemplate } from './template-render.ts'
import { spanOf, toJson, type YamlNode, type YamlScalar } from './yaml-node.ts'

/** Something that gets its value from a scope, and the names it needs. */
export interface Binder<T = Json> {
  readonly uses: readonly NameUse[]
  bind(scope: Scope): Result<T>
}

export const constant = <T>(value: T): Binder<T> => ({ uses: [], bind: () => succeed(value) })

/** A scalar of the runbook: text with `{{` is a template, anything else is itself. */
export function compileScalar(compiling: Compiling, node: YamlScalar, use: TemplateUse): Binder {
  return typeof node.value === 'string' && hasTemplate(node.value)
    ? compileTemplate(compiling, { node, text: node.value, use })
    : constant(node.value)
}

/** A template. `text` is the node's own, or that of the file which the node names. */
export function compileTemplate(
  compiling: Compiling,
  input: { readonly node: YamlScalar; readonly text: string; readonly use: TemplateUse; readonly place?: Placer },
): Binder {
  const { node, text, use } = input
  const place = input.place ?? ((start, end) => placeInScalar(node, start, end))
  const parsed = parseTemplate(text, use)
  if ('faults' in parsed) {
    for (const { message, start, end, hint } of parsed.faults) {
      compiling.problems.push({
        kind: 'template',
        message,
        at: place(start, end),
        ...(hint === undefined ? {} : { hint }),
      })
    }
    return constant('')
  }
  for (const { start, end } of parsed.rawPlaces)
    compiling.notes.push(rawNote(text.slice(start, end), place(start, end)))
  const uses = parsed.paths.map((path) => ({ name: path.parts[0], at: place(path.start, path.end) }))
  return { uses, bind: (scope) => placed(renderTemplate(parsed, scope), uses, spanOf(node)) }
}

export type Placer = (start: number, end: number) => NameUse['at']

function rawNote(shown: string, at: NameUse['at']): Problem {
  const message = `${shown} goes into shell text without quotes`
  return {
    kind: 'template',
    rule: 'raw-in-shell',
    message,
    at,
    hint: 'write {{ }} unless the value is shell text itself',
  }
}

/** A rendering problem about one name is placed at that name, any other at the whole. */
function placed(result: Result<Json>, uses: readonly NameUse[], whole: NameUse['at']): Result<Json> {
  if (result.ok) return result
  const at = (found: Problem) =>
    uses.find(({ name }) => found.message.includes(` ${name}`) || found.message.startsWith(name))?.at
  return fail(result.problems.map((found) => ({ at: at(found) ?? whole, ...found })))
}

/** What an expression's value may be. */
export type Wanted = 'boolean' | 'any'

/** A CEL expression: a scalar's text, `true` or `false`. */
export function compileExpression(compiling: Compiling, node: YamlScalar, wanted: Wanted): Binder {
  const source = String(node.value)
  const parsed = parseExpression(source)
  if (!parsed.ok) {
    compiling.problems.push(expressionProblem(node, parsed.fault))
    return constant(false)
  }
  const { expression } = parsed
  compiling.expressions.push({ node, wanted })
  if (wanted === 'boolean' && !['bool', 'dyn'].includes(expression.type)) {
    compiling.problems.push({ ...notBoolean(source, `is of type ${expression.type}`), at: spanOf(node) })
  }
  const uses = expression.names.map(({ name, start, end }) => ({ name, at: placeInScalar(node, start, end) }))
  const bind = (scope: Scope): Result<Json> => {
    const found = expression.evaluate(scope)
    if (!found.ok) return fail([expressionProblem(node, found.fault)])
    if (wanted === 'any' || typeof found.value === 'boolean') return succeed(found.value)
    return fail([{ ...notBoolean(source, `gave ${JSON.stringify(found.value)}`), at: spanOf(node) }])
  }
  return { uses, bind }
}

export const expressionProblem = (node: YamlScalar, { problem, start, end }: ExpressionFault): Problem => ({
  ...problem,
  at: placeInScalar(node, start, end),
})

export const notBoolean = (source: string, what: string): Problem => ({
  kind: 'expression',
  message: `\`${source}\` ${what}, where true or false is wanted`,
  hint: 'compare it with something: size(list) > 0, text != ""',
})

/** The contract's form of a binder, at the place of `node`. */
export const bindable = <T>(node: YamlNode, binder: Binder<T>): Bindable<T> => ({
  source: node.kind === 'scalar' ? String(node.value) : JSON.stringify(toJson(node)),
  names: [...new Set(binder.uses.map(({ name }) => name))],
  at: spanOf(node),
  bind: binder.bind,
})

/** A condition, whose binder gives booleans only. */
export function compileCondition(compiling: Compiling, node: YamlScalar): Binder<boolean> {
  const binder = compileExpression(compiling, node, 'boolean')
  const bind = (scope: Scope): Result<boolean> => {
    const found = binder.bind(scope)
    return found.ok ? succeed(found.value === true) : found
  }
  return { uses: binder.uses, bind }
}
