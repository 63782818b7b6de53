import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { parsePlanFile } from '../../src/load/plan-file.ts'
import { loadRunbook } from '../../src/load/runbook.ts'
import { decodeUtf8 } from '../../src/load/source-text.ts'
import { isObject, type Json } from '../../src/model/json.ts'
import type { Bindable, Runbook } from '../../src/model/runbook.ts'
import { createModules } from '../../src/modules/index.ts'
import { answers, checkPlaces, Finding } from './check.ts'
import { inputsIn, keptInputs } from './corpus.ts'
import type { Target } from './target.ts'

const modules = createModules()
const FOLDER = join(import.meta.dirname, '../bad/included') // what an input may include
const FILE = join(FOLDER, 'fuzz.yaml')

/** Names and words of the language, from the schema that editors get. */
const schemaWords = (): readonly string[] => {
  const words = new Set<string>()
  const visit = (value: Json): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (isObject(value)) {
      for (const [key, member] of Object.entries(value)) {
        if (key === 'properties' && isObject(member)) for (const name of Object.keys(member)) words.add(name)
        if (key === 'enum' && Array.isArray(member)) for (const one of member) words.add(String(one))
        visit(member as Json) // sealed: a member of Json
      }
    }
  }
  const schema = join(import.meta.dirname, '../../schema/runbook.schema.json')
  visit(JSON.parse(readFileSync(schema, 'utf8')) as Json) // sealed: JSON.parse gives JSON
  return [...words]
}

const SYNTAX = [
  ...[
    '{{ a }}',
    '{{{ a }}}',
    '{{#if a}}',
    '{{#each a as |b|}}',
    '{{/if}}',
    '{{else}}',
    '{{> a}}',
    '{{@root}}',
    '}}',
    '{{',
  ],
  ...[
    '!vault ',
    '!!binary ',
    '&a ',
    '*a',
    '<<: *a',
    '? ',
    '- ',
    '|-\n  ',
    '>+1\n',
    '---\n',
    '...',
    '%YAML 1.1\n',
    '!!set',
  ],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '"\\x00"', '\u202e', '\ufeff', '\r', '\0'],
  ...[
    'a.b[0]',
    'size(a)',
    '[1].all(x, x > 0)',
    "'a' in b",
    '1 / 0',
    '9223372036854775808',
    'a ? b : c',
    'matches("(a+)+")',
  ],
  ...[
    '{expr: "1 + 1"}',
    '{env: A}',
    '250ms',
    '60s',
    '99999999h',
    '25%',
    '../x',
    '/dev/zero',
    'etcd:&b:!c[0:2]',
    '\t',
    '💥',
  ],
]

const SCOPE = {
  a: 'x',
  b: [1, { c: null }],
  inventory_hostname: 'h1',
  params: {},
  hosts: { h1: {} },
  value: 1,
  before: null,
}

/** Everything that gets its value from a scope must answer with a value or problems. */
function bindAll(runbook: Runbook): void {
  const bind = (one: Bindable<unknown> | undefined): void => {
    if (one) answers(() => one.bind(SCOPE))
  }
  for (const { value } of runbook.vars) bind(value)
  for (const { target } of runbook.measures) bind(target)
  for (const { rolling } of runbook.stages) bind(rolling.orderBy)
  const steps = [...runbook.facts, ...runbook.guards, ...runbook.measures.map(({ read }) => read)]
  for (const step of [...steps, ...runbook.stages.flatMap((stage) => [...stage.rolling.gate, ...stage.steps])]) {
    for (const one of [step.args, step.when, step.undo?.args, step.on, step.retry?.until]) bind(one)
  }
}

function readRunbook(input: Buffer): void {
  const text = answers(() => decodeUtf8(input, FILE, 'runbook'))
  if (!text?.ok) return
  const loaded = answers(() => loadRunbook({ file: FILE, text: text.value, modules, folders: [FOLDER] }))
  if (!loaded) throw new Finding('problems were thrown instead of told')
  if (loaded.ok) bindAll(loaded.value)
  else checkPlaces(loaded.problems, FILE, text.value)
}

/** Runbooks by grammar: any tree of the language's own words. */
function grown(): readonly Buffer[] {
  const words = fc.constantFrom(...schemaWords(), ...modules.keys(), ...SYNTAX)
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'medium' },
      words,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(words, tie('tree'), { maxKeys: 6 }),
    ),
  }))
  const steps = fc.array(fc.dictionary(words, tree, { minKeys: 1, maxKeys: 4 }), { minLength: 1, maxLength: 3 })
  const runbook = fc.record({
    name: fc.constant('fuzz'),
    summary: words,
    hosts: words,
    steps,
    vars: tree,
    params: tree,
  })
  return fc.sample(runbook, { seed: 1, numRuns: 200 }).map((one) => Buffer.from(JSON.stringify(one, null, 1)))
}

export const runbookTarget: Target = {
  name: 'runbook',
  seeds: () => [
    ...inputsIn('test/bad/runbooks', /\.yaml$/),
    ...inputsIn('test/bad/included', /\.yaml$/),
    ...inputsIn('runbooks', /\.yaml$/),
    ...[...modules.values()].map(({ example }) => Buffer.from(runbookOf(example))),
    ...grown(),
    ...keptInputs('runbook'),
  ],
  words: [...schemaWords(), ...SYNTAX],
  run: readRunbook,
}

const runbookOf = (example: string): string =>
  `name: fuzz\nsummary: S\nhosts: all\nsteps:\n  - id: s\n    ${example.replaceAll('\n', '\n    ')}\n`

export const planFileTarget: Target = {
  name: 'plan-file',
  seeds: () => [Buffer.from(PLAN), ...keptInputs('plan-file')],
  words: ['null', '[]', '{}', '"', '"__proto__":{},', '1e999', '"format":1,', '"kind":"change"', '\\ud800'],
  run: (input) => {
    const read = answers(() => parsePlanFile(input.toString(), 'p'))
    if (!read) throw new Finding('problems were thrown instead of told')
    if (!read.ok && read.problems.some(({ kind }) => kind !== 'plan-stale'))
      throw new Finding('another kind of problem')
  },
}

const STEP = `{"host":"h","step":"s","name":"n","module":"file","resources":["file:/x"],"decision":{"kind":"noop"},"commit":false,"at":{"file":"f","line":1,"column":1,"length":1}}`
const PLAN = `{"format":1,"tool":"0.1.0","createdAt":"","runbook":{"name":"n","file":"f","sha256":"0"},"inventory":{"sources":["i"],"sha256":"0"},"params":[{"name":"p","value":1,"origin":"default"}],"hosts":[{"host":"h","machineId":"m","bootId":"b"}],"facts":{},"guards":[${STEP}],"measures":[],"stages":[{"name":"s","batches":[["h"]],"steps":[${STEP}]}]}`
