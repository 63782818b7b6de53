import type { Json, JsonObject } from '../model/json.ts'
import type { Param } from '../model/runbook.ts'
import type { Compiling } from './compiling.ts'
import { PARAM_KEYWORDS } from './runbook-schema.ts'
import { schemaFaults, whyNoSchema } from './schema-check.ts'
import { schemaProblem } from './schema-problem.ts'
import { childOf, memberOf, membersOf, spanOf, textOf, toJson, type YamlMember, type YamlNode } from './yaml-node.ts'

/** Members of a parameter that are ours; all others of PARAM_KEYWORDS are JSON Schema. */
const OWN: readonly string[] = ['default', 'unit', 'description']

/** The parameters, each with a schema that compiles and a default that fits it. */
export const compileParams = (compiling: Compiling, node: YamlNode | undefined): readonly Param[] =>
  membersOf(node).map((member) => compileParam(compiling, member))

function compileParam(compiling: Compiling, member: YamlMember): Param {
  const schema = schemaOf(member.value)
  const fallback = memberOf(member.value, 'default')
  const unit = textOf(childOf(member.value, 'unit'))
  const why = whyNoSchema(schema)
  if (why !== undefined) {
    const message = `the parameter ${member.key} is no JSON Schema: ${why}`
    compiling.problems.push({ kind: 'schema', message, at: spanOf(member) })
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
    at: spanOf(member),
  }
}

const schemaOf = (node: YamlNode): JsonObject =>
  Object.fromEntries(
    membersOf(node)
      .filter(({ key }) => Object.hasOwn(PARAM_KEYWORDS, key) && !OWN.includes(key))
      .map(({ key, value }): [string, Json] => [key, toJson(value)]),
  )
