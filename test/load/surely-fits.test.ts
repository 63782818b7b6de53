import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runbookFiles } from '../../src/load/find-runbook.ts'
import { structureSchema, structureSchemaWithIncludes } from '../../src/load/runbook-schema.ts'
import { surelyFits } from '../../src/load/surely-fits.ts'
import { parseYaml } from '../../src/load/yaml-document.ts'
import { toJson } from '../../src/load/yaml-node.ts'
import type { Json, JsonObject } from '../../src/model/json.ts'
import { createModules } from '../../src/modules/index.ts'

const ajv = new Ajv({ strict: false, logger: false })
for (const format of ['cel', 'shell', 'controller-file', 'controller-folder', 'controller-template', 'regex'])
  ajv.addFormat(format, true)

const fits = (schema: JsonObject, value: Json): boolean => ajv.compile(structuredClone(schema))(value)

const word = fc.constantFrom('a', 'b', 'ab', '1', '')
const leaf = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0.5, true, false, null), word)
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(word, tie('value'), { maxKeys: 3 }),
  ),
}))

/** Schemas of every keyword that is known here, and of some that are not. */
const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom<JsonObject>({}, { type: 'string' }, { minimum: 1 }),
    fc.record(
      {
        type: fc.constantFrom('object', 'array', 'string', 'integer', 'number', 'boolean', 'null', ['string', 'null']),
        enum: fc.array(leaf, { minLength: 1, maxLength: 3 }),
        const: leaf,
        minimum: fc.integer({ min: -2, max: 2 }),
        maximum: fc.integer({ min: -2, max: 2 }),
        multipleOf: fc.constantFrom(1, 2),
        minLength: fc.nat(2),
        maxLength: fc.nat(2),
        pattern: fc.constantFrom('^a', '^[ab]*$', '1'),
        minItems: fc.nat(2),
        maxItems: fc.nat(2),
        minProperties: fc.nat(2),
        maxProperties: fc.nat(2),
        required: fc.uniqueArray(word, { maxLength: 2 }),
        items: tie('schema'),
        anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
        allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
        not: tie('schema'),
        if: fc.oneof(fc.record({ required: fc.uniqueArray(word, { maxLength: 2 }) }), tie('schema')),
        // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
        then: tie('schema'),
        else: tie('schema'),
        oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
        propertyNames: tie('schema'),
        properties: fc.dictionary(word, tie('schema'), { maxKeys: 2 }),
        patternProperties: fc.dictionary(fc.constantFrom('^a', '1$'), tie('schema'), { maxKeys: 1 }),
        additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
        $ref: fc.constantFrom('#/definitions/a', '#/definitions/b'),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<JsonObject>, // members that are left out are absent
  ),
}))

const definitions: JsonObject = { a: { type: 'string' }, b: { minimum: 1 } }

test('what surely fits a schema fits it', () => {
  let surely = 0
  fc.assert(
    fc.property(schema, value, (loose, candidate) => {
      const whole = { ...loose, definitions }
      if (!surelyFits(whole, candidate, 'none')) return
      surely += 1
      expect(fits(whole, candidate)).toBe(true)
    }),
    { numRuns: 2000 },
  )
  expect(surely).toBeGreaterThan(100)
})

test('every step of the example of each module surely fits its arguments, and a key more does not', () => {
  const modules = createModules()
  const examples = [...modules.values()].filter(({ args }) => surelyFits(args as unknown as JsonObject, {}, 'none'))
  expect(examples.length).toBeGreaterThan(0)
  for (const { args } of examples) expect(surelyFits(args as unknown as JsonObject, { unknown: 1 }, 'none')).toBe(false)
})

test('each runbook that comes with the program surely fits, with includes and without', () => {
  const files = runbookFiles(['runbooks'])
  expect(files.length).toBeGreaterThan(5)
  for (const file of files) {
    const parsed = parseYaml(file, readFileSync(file, 'utf8'), 'runbook')
    if (!parsed.ok) throw new Error(parsed.problems[0].message)
    expect([file, surelyFits(structureSchemaWithIncludes, toJson(parsed.value), 'none')]).toEqual([file, true])
  }
})

test('a runbook of every day needs no compiled schema', () => {
  const runbook = {
    name: 'greet',
    summary: 'Greet',
    hosts: 'all',
    become: true,
    params: { word: { type: 'string', default: 'hello', description: 'what to say' } },
    steps: [{ id: 'one', name: 'Greet', file: { path: '/etc/motd', content: '{{ word }}' }, when: 'true' }],
  }
  expect(surelyFits(structureSchema, runbook, 'none')).toBe(true)
  expect(surelyFits(structureSchema, { ...runbook, stpes: [] }, 'none')).toBe(false)
})

test('a text with a template fits everywhere while its value is still to come, a name with one does not', () => {
  const schema: JsonObject = {
    properties: { count: { type: 'integer', maximum: 3 } },
    additionalProperties: false,
    propertyNames: { pattern: '^[a-z]+$' },
  }
  expect(surelyFits(schema, { count: '{{ n }}' }, 'later')).toBe(true)
  expect(surelyFits(schema, { count: '{{ n }}' }, 'none')).toBe(false)
  expect(surelyFits(schema, { count: 'n' }, 'later')).toBe(false)
  expect(surelyFits(schema, { '{{ n }}': 1 }, 'later')).toBe(false)
})
