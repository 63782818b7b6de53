import { createRequire } from 'node:module'
import type * as Library from '@marcbachmann/cel-js'
import type { ASTNode, Environment } from '@marcbachmann/cel-js'
import { isObject, type Json } from '../model/json.ts'
import type { Problem } from '../model/problem.ts'
import type { Scope } from '../model/runbook.ts'
import { fromCel, toCel } from './cel-value.ts'
import { suggest } from './nearest.ts'

/** What is wrong with an expression, and where in its text (offsets). */
export interface ExpressionFault {
  readonly problem: Problem
  readonly start: number
  readonly end: number
}

/** A root name in an expression, and where. */
export interface ExpressionName {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** A CEL expression, parsed and checked as far as it can be without values. */
export interface Expression {
  readonly source: string
  readonly names: readonly ExpressionName[]
  /** `bool`, `int`, `dyn` ...: what the result will be, as far as known. */
  readonly type: string
  evaluate(
    scope: Scope,
  ): { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly fault: ExpressionFault }
}

type Parsed =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly fault: ExpressionFault }

/**
 * CEL, plus arithmetic between int and double. JSON has one kind of number: a whole number is given to CEL as int, any
 * other as double; comparing them works in CEL itself, and `+ - * /` between them gives a double. Between two ints `/`
 * is integer division, as CEL says: write `x / 2.0` for a fraction.
 */
function makeEnvironment(): Environment {
  const base = new (cel().Environment)({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false })
  const operators: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  }
  for (const [sign, compute] of Object.entries(operators)) {
    base.registerOperator(`int ${sign} double`, (a, b) => compute(Number(a), Number(b)))
    base.registerOperator(`double ${sign} int`, (a, b) => compute(Number(a), Number(b)))
  }
  return base
}

/** Loaded by the first expression: evaluating the library costs a start-up of some milliseconds. */
const require = createRequire(import.meta.url)
const cel = () => require('@marcbachmann/cel-js') as typeof Library
let shared: Environment | undefined
const environment = (): Environment => (shared ??= makeEnvironment())

/** Parses an expression and checks what can be checked: syntax, functions that do not exist, operands that never fit. */
export const parseExpression = (source: string): Parsed => parseIn(environment(), source)

/** The types that names can be declared with; what is not declared is of any type. */
export type DeclaredType = 'bool' | 'int' | 'string' | 'list' | 'map'

/** As parseExpression, where names have types: what can never fit them is a fault too. */
export function makeTypedParser(types: ReadonlyMap<string, DeclaredType>): (source: string) => Parsed {
  const typed = environment().clone()
  // `type`, `int` and the like are the language's own names: an expression never means a parameter by them.
  for (const [name, type] of types) if (!typed.hasVariable(name)) typed.registerVariable(name, type)
  return (source) => parseIn(typed, source)
}

function parseIn(within: Environment, source: string): Parsed {
  try {
    const run = within.parse(source)
    const checked = run.check()
    if (checked.error) return { ok: false, fault: faultOf(source, checked.error) }
    const names = rootNames(run.ast, new Set())
    const evaluate: Expression['evaluate'] = (scope) => evaluateWith({ source, run, ast: run.ast, names }, scope)
    return { ok: true, expression: { source, names, type: checked.type ?? 'dyn', evaluate } }
  } catch (thrown) {
    return { ok: false, fault: faultOf(source, thrown) }
  }
}

interface Compiled {
  readonly source: string
  readonly run: (context: Record<string, unknown>) => unknown
  readonly ast: ASTNode
  readonly names: readonly ExpressionName[]
}

function evaluateWith(compiled: Compiled, scope: Scope): ReturnType<Expression['evaluate']> {
  const { source, names } = compiled
  const absent = names.find(({ name }) => !Object.hasOwn(scope, name))
  if (absent)
    return { ok: false, fault: { problem: noVariable(absent.name, scope), start: absent.start, end: absent.end } }
  const context = Object.fromEntries(names.map(({ name }) => [name, toCel(scope[name] ?? null)]))
  try {
    const value = fromCel(compiled.run(context))
    if (value.ok) return value
    const problem: Problem = {
      kind: 'expression',
      message: `\`${source}\` gives ${value.what}, which is no JSON value`,
    }
    return { ok: false, fault: { problem, start: 0, end: source.length } }
  } catch (thrown) {
    return { ok: false, fault: missingMember(compiled, scope, thrown) ?? faultOf(source, thrown) }
  }
}

const noVariable = (name: string, scope: Scope): Problem =>
  withHint({ kind: 'reference', message: `there is no variable ${name}` }, suggest(name, Object.keys(scope)))

const withHint = (problem: Problem, hint: string | undefined): Problem =>
  hint === undefined ? problem : { ...problem, hint }

function faultOf(source: string, thrown: unknown): ExpressionFault {
  const { ParseError, EvaluationError, TypeError: CelTypeError } = cel()
  if (!(thrown instanceof ParseError || thrown instanceof EvaluationError || thrown instanceof CelTypeError))
    throw thrown
  const { start, end } = thrown.range ?? { start: 0, end: source.length }
  const said = { ...foreignHint(source), ...describe(thrown.code, thrown.summary) }
  return { problem: withHint({ kind: 'expression', message: said.message }, said.hint), start, end }
}

/** What people bring from Jinja. */
function foreignHint(source: string): { readonly hint?: string } {
  if (source.includes('{{')) return { hint: 'an expression takes names as they are, without braces' }
  if (/\b(?:is|and|or|not)\b/.test(source.replaceAll(/"[^"]*"|'[^']*'/g, ''))) {
    return { hint: 'CEL writes && for and, || for or, ! for not, and has(a.b) for is defined' }
  }
  return {}
}

const TOKENS: Readonly<Record<string, string>> = {
  LPAREN: '(',
  RPAREN: ')',
  LBRACKET: '[',
  RBRACKET: ']',
  LBRACE: '{',
  RBRACE: '}',
  COLON: ':',
  COMMA: ',',
  EOF: 'the end',
}

const plainTokens = (text: string): string => text.replaceAll(/\b[A-Z]{3,}\b/g, (token) => TOKENS[token] ?? token)

/** The library's words, made plain for what people meet. */
function describe(code: string, summary: string): { readonly message: string; readonly hint?: string } {
  const said = summary.replaceAll(/dyn<(\w+)>/g, '$1')
  if (said === 'Unexpected token: EOF') return { message: 'the expression ends too early' }
  if (code === 'unexpected_character' && said.endsWith('=')) {
    return { message: 'a single = is no operator', hint: 'compare with ==' }
  }
  if (code === 'no_such_overload') {
    return {
      message: said.replace('no such overload: ', 'these do not go together: '),
      hint: 'convert one: int(x), double(x), string(x)',
    }
  }
  const call = /^found no matching overload for '(.*)'$/.exec(said)
  if (call)
    return {
      message: `there is no function ${call[1]}`,
      hint: 'functions are those of CEL: size, has, all, exists, filter, map, matches, startsWith, int, string ...',
    }
  return { message: plainTokens(said.charAt(0).toLowerCase() + said.slice(1)) }
}

/** "No such key" says neither of what, nor what there is. */
function missingMember(compiled: Compiled, scope: Scope, thrown: unknown): ExpressionFault | undefined {
  if (!(thrown instanceof cel().EvaluationError) || thrown.code !== 'no_such_key' || !thrown.range) return undefined
  const { start, end } = thrown.range
  const owner = ownerOf(compiled.ast, end)
  const name = compiled.source.slice(start, end)
  if (!owner) return undefined
  const text = compiled.source.slice(owner.start, owner.end)
  const held = parseExpression(text)
  const value = held.ok && Object.hasOwn(scope, rootOf(text)) ? held.expression.evaluate(scope) : undefined
  const members = value?.ok && isObject(value.value) ? Object.keys(value.value) : []
  const problem: Problem = { kind: 'reference', message: `${text} has no member ${name}` }
  return { problem: withHint(problem, suggest(name, members)), start, end }
}

const rootOf = (text: string): string => /^\w+/.exec(text)?.[0] ?? ''

/** The left side of the `.member` that ends at `end`. */
function ownerOf(node: ASTNode, end: number): ASTNode | undefined {
  if (node.op === '.' && node.end === end) return node.args[0]
  for (const child of childrenOf(node)) {
    const found = ownerOf(child, end)
    if (found) return found
  }
  return undefined
}

/** Macros whose first argument names a variable of their own. */
const BINDING: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map', 'bind'])

/** The names that are not bound within the expression, in order. */
function rootNames(node: ASTNode, bound: ReadonlySet<string>): readonly ExpressionName[] {
  if (node.op === 'id') {
    return bound.has(node.args) ? [] : [{ name: node.args, start: node.start, end: node.end }]
  }
  if (node.op === 'rcall' && BINDING.has(node.args[0])) {
    const [name, receiver, [variable, ...rest]] = node.args
    const within = variable?.op === 'id' ? new Set([...bound, variable.args]) : bound
    const outer = name === 'bind' ? [] : rootNames(receiver, bound)
    return [...outer, ...rest.flatMap((argument) => rootNames(argument, within))]
  }
  return childrenOf(node).flatMap((child) => rootNames(child, bound))
}

const childrenOf = (node: ASTNode): readonly ASTNode[] => [node.args].flat(3).filter(isNode)

/** A node's arguments are nodes, texts and lists of nodes, by operator. */
const isNode = (value: unknown): value is ASTNode => isObject(value) && typeof value.op === 'string' && 'range' in value
