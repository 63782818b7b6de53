import { Session } from 'node:inspector/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { loadInventory } from '../../src/load/inventory.ts'
import { loadRunbook } from '../../src/load/runbook.ts'
import { resolveVariables } from '../../src/load/variables.ts'
import { parseYaml } from '../../src/load/yaml-document.ts'
import { unwrap } from '../../src/model/problem.ts'
import { testModules } from './modules-for-tests.ts'
import { writeFiles } from './write-files.ts'

// Counted, not timed: how often V8 ran each function and each block of them (loops too), in our files and the libraries'.

const KEYS = 20_000

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `${line(index)}\n`).join('')

const FILES: Readonly<Record<string, (count: number) => void>> = {
  'keys of one mapping': (count) =>
    void unwrap(
      parseYaml(
        'f.yaml',
        lines(count, (index) => `k${index}: 1`),
        'runbook',
      ),
    ),
  'keys in a runbook': (count) => void unwrap(runbookOf(manyKeys(count))),
  'keys in a vars file': (count) => {
    const vars = lines(count, (index) => `  k${index}: 1`)
    const folder = writeFiles({
      'h.yaml': `all:\n  hosts: h\n  vars:\n${vars.replaceAll(/^/gm, '  ')}`,
      'v.yaml': vars,
    })
    const inventory = unwrap(loadInventory([join(folder, 'h.yaml')]))
    const runbook = unwrap(runbookOf(manyKeys(1)))
    const hosts = [...inventory.hosts.keys()]
    unwrap(resolveVariables({ runbook, inventory, hosts, varsFiles: [join(folder, 'v.yaml')], set: [] }))
  },
  'variables in an inventory': (count) =>
    void unwrap(
      loadInventory([writeFile(`all:\n  hosts: h\n  vars:\n${lines(count, (index) => `    k${index}: 1`)}`)]),
    ),
  'hosts in an inventory': (count) =>
    void unwrap(loadInventory([writeFile(`all:\n  hosts:\n${lines(count, (index) => `    h${index}: {v: 1}`)}`)])),
}

const writeFile = (text: string): string => join(writeFiles({ 'hosts.yaml': text }), 'hosts.yaml')

const runbookOf = (text: string) => loadRunbook({ file: 'many.yaml', text, modules: testModules })

const manyKeys = (count: number): string => `name: many
summary: Many keys
hosts: all
steps:
  - env_file: {path: /etc/default/x, set: {${lines(count, (index) => `K${index}: 1,`).replaceAll('\n', ' ')}}}
`

const session = new Session()

// Blocks are counted in what is compiled afterwards: each kind of work runs once before it is counted.
beforeAll(async () => {
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
})
afterAll(() => session.disconnect())

/** How often functions and blocks ran during the work; asking sets the counts to zero. */
async function runsOf(work: () => void): Promise<number> {
  await session.post('Profiler.takePreciseCoverage')
  work()
  const { result } = await session.post('Profiler.takePreciseCoverage')
  const ours = result.filter(
    ({ url }) => /\/(?:src\/(?:load|model)|node_modules)\//.test(url) && !url.includes('vitest'),
  )
  return ours
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, { count }) => sum + count, 0)
}

describe(`twice as many of them is twice as much to do, up to ${KEYS}`, () => {
  it.each(Object.keys(FILES))('%s', async (what) => {
    const work = FILES[what] ?? (() => undefined)
    work(KEYS / 2)
    const [half, whole] = [await runsOf(() => work(KEYS / 2)), await runsOf(() => work(KEYS))]
    expect(half).toBeGreaterThan(KEYS)
    expect(whole / half).toBeLessThan(2.2)
  })

  it('is seen where it is not so: the library by itself compares each key with all others', async () => {
    const work = (count: number) =>
      void parseDocument(
        lines(count, (index) => `k${index}: 1`),
        { uniqueKeys: true },
      )
    work(1000)
    const [half, whole] = [await runsOf(() => work(1000)), await runsOf(() => work(2000))]
    expect(whole / half).toBeGreaterThan(3)
  })
})
