import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { IMPORTERS, RULES } from './architecture/rules.ts'
import { readSources } from './architecture/source-tree.ts'

const root = path.join(import.meta.dirname, '..')

describe('the house keeps its rules', () => {
  const sources = readSources(root)

  test.each(RULES.map((rule) => [rule.name, rule] as const))('%s', (_, rule) => {
    expect(rule.broken(sources), rule.reason).toEqual([])
  })

  test('every listed importer of a library is there and imports it', () => {
    const imported = new Map(sources.map((source) => [source.file, source.imports.map((one) => one.target)]))
    const listed = Object.entries(IMPORTERS).flatMap(([library, files]) => files.map((file) => ({ library, file })))
    const idle = listed.filter(({ library, file }) => !imported.get(file)?.includes(library))
    expect(idle.map(({ library, file }) => `${file} -> ${library}`)).toEqual([])
  })

  test('every room is explained in src/README.md', () => {
    const explained = readFileSync(path.join(root, 'src/README.md'), 'utf8')
    const rooms = new Set(sources.map(({ file }) => file.split('/')[1] ?? ''))
    expect(
      [...rooms].filter((room) => !explained.includes(`| \`${room.endsWith('.ts') ? room : `${room}/`}\``)),
    ).toEqual([])
  })
})

/** One file that breaks each rule, in a tree that is otherwise in order. */
const BROKEN: Readonly<Record<string, { readonly files: Readonly<Record<string, string>>; readonly told: string }>> = {
  'the hall stands alone': {
    files: { 'src/model/plan.ts': "import { x } from '../engine/x.ts'" },
    told: 'src/model/plan.ts -> src/engine/x.ts',
  },
  'the hall does no I/O': {
    files: { 'src/model/file.ts': "import { readFile } from 'node:fs/promises'" },
    told: 'src/model/file.ts -> node:fs/promises',
  },
  'rooms do not know one another': {
    files: { 'src/engine/plan.ts': "import type {\n  X,\n} from '../load/x.ts'" },
    told: 'src/engine/plan.ts -> src/load/x.ts',
  },
  'main opens the door and nothing else': {
    files: { 'src/main.ts': "await import('./engine/plan.ts')" },
    told: 'src/main.ts -> src/engine/plan.ts',
  },
  'a library has one importer': {
    files: { 'src/cli/show.ts': "export { parse } from 'yaml'" },
    told: 'src/cli/show.ts -> yaml',
  },
  'only main and launch touch the process': {
    files: { 'src/cli/show.ts': "const x = 'process.env'\nconst y = `${process.env.HOME}`" },
    told: 'src/cli/show.ts -> process',
  },
  'no import cycles': {
    files: { 'src/cli/a.ts': "import './b.ts'", 'src/cli/b.ts': "import { a } from './a.ts'" },
    told: 'src/cli/a.ts -> src/cli/b.ts -> src/cli/a.ts',
  },
  'files have kebab-case names': {
    files: { 'src/cli/showPlan.ts': '' },
    told: 'src/cli/showPlan.ts -> showPlan.ts',
  },
}

describe('a broken rule is seen', () => {
  const folders: string[] = []
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true })
  })

  const treeOf = (files: Readonly<Record<string, string>>): string => {
    const folder = mkdtempSync(path.join(tmpdir(), 'house-'))
    folders.push(folder)
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
      writeFileSync(path.join(folder, file), text)
    }
    return folder
  }

  test.each(RULES.map((rule) => [rule.name, rule] as const))('%s', (name, rule) => {
    const example = BROKEN[name]
    expect(example, 'every rule has an example that breaks it').toBeDefined()
    expect(rule.broken(readSources(treeOf(example?.files ?? {})))).toEqual([example?.told])
  })

  test('a tree in order breaks none', () => {
    const tree = treeOf({
      'src/main.ts': "import { run } from './cli/run.ts'\nprocess.exitCode = run(process.argv)",
      'src/cli/run.ts': "import { plan } from '../engine/plan.ts' // not console.log",
      'src/engine/plan.ts': "import { Plan } from '../model/plan.ts'\nimport path from 'node:path'",
      'src/model/plan.ts': "import { createHash } from 'node:crypto'",
    })
    expect(RULES.flatMap((rule) => rule.broken(readSources(tree)))).toEqual([])
  })
})
