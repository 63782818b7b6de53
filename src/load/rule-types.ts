import type { JsonObject } from '../model/json.ts'
import { expressionProblem, notBoolean } from './compile-scalar.ts'
import type { WrittenExpression } from './compiling.ts'
import { type DeclaredType, makeTypedParser } from './expression.ts'
import type { Found, LintInput, LintRule } from './lint-rule.ts'
import { childOf, membersOf, spanOf } from './yaml-node.ts'

/** Expressions checked against the types that parameters declare and other variables have. */
export const TYPE_RULES: readonly LintRule[] = [
  {
    id: 'expression-type',
    severity: 'error',
    title: 'an expression that does not fit the types of its parameters',
    why: 'A parameter has a declared type, so this expression fails on every host, or always says the same: CEL compares nothing with text but text. Outputs of steps and variables of the inventory have no declared type and are checked when they are there.',
    wrong:
      'params:\n  n: {type: integer, default: 1, description: how many}\nguards:\n  - assert: {that: "n == \'1\'", message: "{{ n }}"}\n',
    right:
      'params:\n  n: {type: integer, default: 1, description: how many}\nguards:\n  - assert: {that: "n == 1", message: "{{ n }}"}\n',
    needs: 'sound',
    find: (input) => typeFaults(input),
  },
]

const TYPES: Readonly<Record<string, DeclaredType>> = {
  boolean: 'bool',
  integer: 'int', // `number` is int or double by its value
  string: 'string',
  array: 'list',
  object: 'map',
}

/** In the target of a measure these are the readings, in an `until` it is what the step gave, whatever else has the name. */
const OF_PLACES: readonly string[] = ['value', 'before', 'output']

function typeFaults({ runbook, root, expressions }: LintInput): readonly Found[] {
  const params = runbook.params.flatMap(({ name, schema }) => withType(name, typeOf(schema)))
  if (params.length === 0) return []
  const ofParams = makeTypedParser(new Map(params))
  const vars = membersOf(childOf(root, 'vars')).flatMap(({ key, value }) => {
    const expr = childOf(value, 'expr')
    const parsed = expr?.kind === 'scalar' ? ofParams(String(expr.value)) : undefined
    const type = parsed?.ok ? parsed.expression.type : undefined
    return withType(key, type === 'bool' || type === 'string' ? type : undefined) // numbers mix: either may come out
  })
  const parse = makeTypedParser(new Map([...params, ...vars]))
  return expressions.flatMap((one) => faultsOf(one, parse))
}

function withType(name: string, type: DeclaredType | undefined): readonly (readonly [string, DeclaredType])[] {
  return type === undefined || OF_PLACES.includes(name) ? [] : [[name, type]]
}

const typeOf = ({ type }: JsonObject): DeclaredType | undefined => (typeof type === 'string' ? TYPES[type] : undefined)

/** Anything may be compared with null: the answer is known, and nothing fails. */
const WITH_NULL = /: (?:null [!=]= .*|.* [!=]= null)$/

function faultsOf({ node, wanted }: WrittenExpression, parse: ReturnType<typeof makeTypedParser>): readonly Found[] {
  const parsed = parse(String(node.value))
  if (!parsed.ok) {
    const { at, message, hint } = expressionProblem(node, parsed.fault)
    return WITH_NULL.test(message) ? [] : [{ at: at ?? spanOf(node), message, ...(hint === undefined ? {} : { hint }) }]
  }
  const { type, source } = parsed.expression
  if (wanted === 'any' || type === 'bool' || type === 'dyn') return []
  const { message, hint } = notBoolean(source, `is of type ${type}`)
  return [{ at: spanOf(node), message, ...(hint === undefined ? {} : { hint }) }]
}
