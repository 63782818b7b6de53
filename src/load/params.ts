import type { Json, JsonObject } from '../model/json.ts'
import type { Problem } from '../model/problem.ts'
import type { Param } from '../model/runbook.ts'
import type { Compiling } from './compiling.ts'
import { PARAM_KEYWORDS } from './runbook-schema.ts'
import { schemaFaults, whyNoSchema } from './schema-check.ts'
import { schemaProblem } from './schema-problem.ts'
import { parseSecretSource, SOURCE_HINT } from './secret-source.ts'
import { childOf, memberOf, membersOf, spanOf, textOf, toJson, type YamlMember, type YamlNode } from './yaml-node.ts'

/** Members of a parameter that are ours; all others of PARAM_KEYWORDS are JSON Schema. */
const OWN: readonly string[] = ['default', 'unit', 'description', 'secret']

/** The parameters, each with a schema that compiles and a default that fits it. */
export const compileParams = (compiling: Compiling, node: YamlNode | undefined): readonly Param[] =>
  membersOf(node).map((member) => compileParam(compiling, member))

function compileParam(compiling: Compiling, member: YamlMember): Param {
  const schema = schemaOf(member.value)
  const fallback = memberOf(member.value, 'default')
  const unit = textOf(childOf(member.value, 'unit'))
  const isSecret = isTrue(childOf(member.value, 'secret'))
  const why = whyNoSchema(schema)
  if (why !== undefined) {
    const message = `the parameter ${member.key} is no JSON Schema: ${why}`
    compiling.problems.push({ kind: 'schema', message, at: spanOf(member) })
  } else if (isSecret) {
    compiling.problems.push(...secretProblems(member, schema))
  } else if (fallback) {
    const subject = { itself: `the default of ${member.key}`, prefix: `the default of ${member.key}: ` }
    const faults = schemaFaults(schema, toJson(fallback.value), 'none')
    compiling.problems.push(...faults.map((fault) => schemaProblem(fallback.value, fault, subject)))
  }
  return {
    name: member.key,
    schema,
    ...(fallback ? { default: toJson(fallback.value) } : {}),
    ...(unit === undefined ? {} : { unit }),
    description: textOf(childOf(member.value, 'description')) ?? '',
    ...(isSecret ? { secret: true } : {}),
    at: spanOf(member),
  }
}

/** A secret is text, and its default at most says where the value comes from: a runbook is read by many. */
function secretProblems({ key, value }: YamlMember, schema: JsonObject): readonly Problem[] {
  const fallback = memberOf(value, 'default')
  const isText = schema.type === 'string'
  const isSource = !fallback || parseSecretSource(toJson(fallback.value)) !== undefined
  return [
    ...(isText
      ? []
      : [{ kind: 'schema' as const, message: `the secret ${key} must be of type string`, at: spanOf(value) }]),
    ...(isSource
      ? []
      : [
          {
            kind: 'schema' as const,
            message: `the default of the secret ${key} may not be its value`,
            at: fallback ? spanOf(fallback.value) : spanOf(value),
            hint: SOURCE_HINT,
          },
        ]),
  ]
}

const schemaOf = (node: YamlNode): JsonObject =>
  Object.fromEntries(
    membersOf(node)
      .filter(({ key }) => Object.hasOwn(PARAM_KEYWORDS, key) && !OWN.includes(key))
      .map(({ key, value }): [string, Json] => [key, toJson(value)]),
  )

const isTrue = (node: YamlNode | undefined): boolean => node?.kind === 'scalar' && node.value === true
