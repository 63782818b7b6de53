import { quote } from '../model/command.ts'
import { isObject, type Json } from '../model/json.ts'
import { fail, type Problem, ProblemError, type Result, succeed } from '../model/problem.ts'
import type { Scope } from '../model/runbook.ts'
import { suggest } from './nearest.ts'
import type { Gated, TemplateNode, TemplatePath, TemplateValue } from './template-gate.ts'

/**
 * The value of a template in a scope. A template that is exactly one {{ path }} gives the value itself (a list stays a
 * list); any other gives text, into which only text, numbers, true and false go. What is put in is never a template.
 */
export function renderTemplate(template: Gated, scope: Scope): Result<Json> {
  try {
    if (template.whole) return succeed(notNull(template.whole, lookUp(template.whole, scope)))
    return succeed(renderNodes(template.nodes, scope))
  } catch (thrown) {
    if (thrown instanceof ProblemError) return fail(thrown.problems)
    throw thrown
  }
}

const renderNodes = (nodes: readonly TemplateNode[], scope: Scope): string =>
  nodes.map((node, index) => renderNode(node, nodes[index + 1], scope)).join('')

function renderNode(node: TemplateNode, next: TemplateNode | undefined, scope: Scope): string {
  switch (node.kind) {
    case 'text':
      return node.text
    case 'value':
      return node.quoting === 'word' ? word(textOfValue(node.value, scope), next) : textOfValue(node.value, scope)
    case 'if':
      return renderNodes(isTrue(evaluate(node.test, scope)) === node.wanted ? node.body : node.otherwise, scope)
  }
}

/** A bare `2` before `>` would name a file descriptor, and a bare name before `=` assign. */
function word(text: string, next: TemplateNode | undefined): string {
  if (text.includes('\0'))
    throw new ProblemError({ kind: 'template', message: 'a NUL character cannot be a word of a command' })
  const quoted = quote(text)
  const bareIsSafe = quoted !== text || next === undefined || (next.kind === 'text' && !/^[<>=(]/.test(next.text))
  return bareIsSafe ? quoted : `'${text}'`
}

function evaluate(value: TemplateValue, scope: Scope): Json {
  switch (value.kind) {
    case 'path':
      return lookUp(value, scope)
    case 'literal':
      return value.value
    case 'q':
      return quote(textOfValue(value.of, scope))
    case 'json':
      return JSON.stringify(evaluate(value.of, scope))
    case 'eq':
      return evaluate(value.a, scope) === evaluate(value.b, scope)
  }
}

function textOfValue(value: TemplateValue, scope: Scope): string {
  const found = evaluate(value, scope)
  if (typeof found === 'string' || typeof found === 'boolean') return String(found)
  if (typeof found === 'number') return String(found)
  const what = found === null ? 'null' : Array.isArray(found) ? 'a list' : 'an object'
  const name = value.kind === 'path' ? value.parts.join('.') : 'the value'
  throw new ProblemError({
    kind: 'template',
    message: `${name} is ${what}, and only text, numbers, true and false go into text`,
    hint: found === null ? 'guard it with {{#if name}}' : 'name one of its members, or write {{json name}}',
  })
}

function notNull(path: TemplatePath, value: Json): Json {
  if (value !== null) return value
  throw new ProblemError({ kind: 'template', message: `${path.parts.join('.')} is null` })
}

/** As in Handlebars: false, null, 0, "" and the empty list are false. */
const isTrue = (value: Json): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value))

/** Own members only: what a value inherits is not data. */
function lookUp(path: TemplatePath, scope: Scope): Json {
  let value: Json = scope
  for (const [index, part] of path.parts.entries()) {
    const member = ownMember(value, part)
    if (member === undefined) throw new ProblemError(missing(path, index, value))
    value = member
  }
  return value
}

function ownMember(value: Json, part: string): Json | undefined {
  if (Array.isArray(value)) return /^\d+$/.test(part) ? value[Number(part)] : undefined
  if (!isObject(value) || !Object.hasOwn(value, part)) return undefined
  return (value as { readonly [key: string]: Json })[part] // sealed: members of a Json object are Json
}

function missing(path: TemplatePath, index: number, holder: Json): Problem {
  const name = path.parts[index] ?? ''
  const owner = path.parts.slice(0, index).join('.')
  const message = index === 0 ? `there is no variable ${name}` : `${owner} has no member ${name}`
  const hint = suggest(name, isObject(holder) ? Object.keys(holder) : [])
  return { kind: 'reference', message, ...(hint === undefined ? {} : { hint }) }
}
