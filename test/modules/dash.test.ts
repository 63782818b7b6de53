import { expect, test } from 'vitest'
import { schemaFaults } from '../../src/load/schema-check.ts'
import { isObject, type Json, type JsonObject } from '../../src/model/json.ts'
import type { Change, Module, Probe, Session } from '../../src/model/module.ts'
import { createModules } from '../../src/modules/index.ts'
import { fakeConnection } from '../fake/fake-transport.ts'
import { readCaseFiles } from './law-case.ts'

// A value that begins with a dash would be an option of a tool.

const DASH = '-odd'

/** Each text in the arguments replaced in its turn. */
function replaced(value: Json): readonly Json[] {
  if (typeof value === 'string') return [DASH]
  if (Array.isArray(value)) return value.flatMap((one, index) => replaced(one).map((put) => value.with(index, put)))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, one]) => replaced(one ?? null).map((put) => ({ ...value, [name]: put })))
}

const CHANGE: Change = {
  ...{ verb: 'run', summary: '', details: [], before: {}, after: null, settles: true, reversible: true, predicts: {} },
}

/** What a module asks a host that has nothing to say: looking, and changing as far as it comes. */
async function asked(module: Module, args: JsonObject): Promise<string> {
  const texts: string[] = []
  const connection = fakeConnection((text) => {
    texts.push(text)
    return ''
  })
  const probe: Probe = { host: connection.host, run: connection.probe('login').run, predicted: () => undefined }
  const session = { host: connection.host, folder: '/f', run: connection.session('login').run } as Session // asks nobody
  await module.read(args, probe).catch(() => undefined)
  await module.apply?.(args, CHANGE, session).catch(() => undefined)
  return texts.join('\n')
}

/** The lines in which the value stands as a word of its own, where `--` or an option that takes a value is not before it. */
const loose = (text: string): readonly string[] =>
  text.split('\n').filter((line) => /(?:^|[\s'"])-odd/.test(line) && !/ (?:--|-u) ['"]?-odd| -- .*['"]?-odd/.test(line))

const FREE_TEXT = new Set(['command', 'shell']) // which are the user's own
const isFree = (args: Json): boolean => isObject(args) && args.command === DASH

test('a value that begins with a dash is an option of no tool', async () => {
  const modules = createModules()
  const found: string[] = []
  let tried = 0
  for (const { module: name, cases } of readCaseFiles().filter((file) => !FREE_TEXT.has(file.module))) {
    const module = modules.get(name)
    if (!module) throw new Error(`no module ${name}`)
    const schema = JSON.parse(JSON.stringify(module.args)) as JsonObject // as data
    const taken = cases
      .flatMap(({ args }) => replaced(args))
      .filter((args) => !isFree(args) && schemaFaults(schema, args, 'none').length === 0)
    for (const args of taken)
      found.push(...loose(await asked(module, args as JsonObject)).map((line) => `${name}: ${line}`))
    tried += taken.length
  }
  expect([...new Set(found)]).toEqual([])
  expect(tried).toBeGreaterThan(100)
})
