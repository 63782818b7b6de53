import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { structureSchemaWithIncludes } from '../../src/load/runbook-schema.ts'
import { isObject, type Json } from '../../src/model/json.ts'

const goldens = readdirSync('test/bad/runbooks')
  .filter((name) => name.endsWith('.txt'))
  .map((name) => readFileSync(`test/bad/runbooks/${name}`, 'utf8'))
  .join('\n')

/** The names of all properties in a schema, wherever they stand. */
function keywordsIn(schema: Json): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap((one: Json) => keywordsIn(one))
  if (!isObject(schema)) return []
  const members = Object.entries(schema) as readonly (readonly [string, Json])[] // sealed: members of Json
  return members.flatMap(([name, member]) => {
    if (!['properties', 'patternProperties', 'definitions'].includes(name) || !isObject(member))
      return keywordsIn(member)
    const inner = Object.values(member) as readonly Json[] // sealed: members of Json
    return [...(name === 'properties' ? Object.keys(member) : []), ...inner.flatMap(keywordsIn)]
  })
}

describe('every keyword of the language has a broken runbook that says where and why', () => {
  it.each([...new Set(keywordsIn(structureSchemaWithIncludes))].sort())('%s', (keyword) => {
    expect(goldens).toMatch(new RegExp(`^\\d+:\\d+\\S* schema: (?:.*\\b)?${keyword}\\b`, 'm'))
  })
})
