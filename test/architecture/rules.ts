import path from 'node:path'
import type { Import, Source } from './source-tree.ts'

/** A law of the house: its name, why it is one, and what in the tree breaks it, as "file -> what". */
export interface Rule {
  readonly name: string
  readonly reason: string
  broken(sources: readonly Source[]): readonly string[]
}

/** Which files may import an outside library; one file, so that replacing the library is one edit. */
export const IMPORTERS: Readonly<Record<string, readonly string[]>> = {
  '@marcbachmann/cel-js': ['src/load/expression.ts'],
  '@xmldom/xmldom': ['src/modules/libvirt/domain-xml.ts'],
  ajv: ['src/load/schema-check.ts'],
  commander: ['src/cli/parse-command.ts'],
  diff: ['src/modules/shared/unified-diff.ts'],
  'dns-packet': ['src/modules/net/dns-message.ts'],
  handlebars: ['src/load/template.ts'],
  'pprof-format': ['src/modules/profiling/pprof.ts'],
  listr2: ['src/report/live.ts'],
  ssh2: ['src/transport/ssh2-client.ts'],
  typebox: ['src/model/schema.ts'],
  // Two: runbooks and inventories are read here, hosts' own YAML files are edited there, and rooms do not meet.
  yaml: ['src/load/yaml-document.ts', 'src/modules/yaml/yaml-text.ts'],
}

export const RULES: readonly Rule[] = [
  {
    name: 'the hall stands alone',
    reason: 'model/ is what all rooms share; were it to import a room, every room would import that one',
    broken: (sources) =>
      importsOf(
        sources,
        ({ file, import: { kind, target } }) =>
          roomOf(file) === 'model' && kind === 'file' && roomOf(target) !== 'model',
      ),
  },
  {
    name: 'the hall does no I/O',
    reason: 'model/ is types and tiny pure functions, testable without a world',
    broken: (sources) =>
      importsOf(
        sources,
        ({ file, import: { kind, target } }) =>
          roomOf(file) === 'model' && kind === 'builtin' && target !== 'node:crypto',
      ),
  },
  {
    name: 'rooms do not know one another',
    reason: 'a room imports model/ and its own files; only cli/ holds all keys, so that a room can be changed alone',
    broken: (sources) =>
      importsOf(sources, ({ file, import: { kind, target } }) => {
        const [from, to] = [roomOf(file), roomOf(target)]
        return kind === 'file' && isRoom(from) && to !== from && to !== 'model'
      }),
  },
  {
    name: 'main opens the door and nothing else',
    reason: 'main.ts hands argv, env and signals to cli/; what it knew besides could not be tested',
    broken: (sources) =>
      importsOf(
        sources,
        ({ file, import: { kind, target } }) => file === 'src/main.ts' && kind === 'file' && roomOf(target) !== 'cli',
      ),
  },
  {
    name: 'a library has one importer',
    reason: 'a library behind one file can be replaced, guarded and lazily loaded at one place',
    broken: (sources) =>
      importsOf(
        sources,
        ({ file, import: { kind, target } }) => kind === 'library' && !IMPORTERS[target]?.includes(file),
      ),
  },
  {
    name: 'only main and launch touch the process',
    reason: 'time, env, streams and exit come in as arguments; ambient state cannot be tested',
    broken: (sources) =>
      sources
        .filter((source) => !['src/main.ts', 'src/launch.ts'].includes(source.file))
        .flatMap((source) => ambientIn(source).map((name) => `${source.file} -> ${name}`)),
  },
  {
    name: 'no import cycles',
    reason: 'files of a cycle can only be understood, loaded and changed together',
    broken: cyclesIn,
  },
  {
    name: 'files have kebab-case names',
    reason: 'one spelling, found by guessing, the same on every file system',
    broken: (sources) =>
      sources
        .map((source) => source.file)
        .filter((file) => !/^src(\/[a-z0-9]+(-[a-z0-9]+)*)+\.ts$/.test(file))
        .map((file) => `${file} -> ${path.basename(file)}`),
  },
]

/** The folder under src/ that a file lies in; '' for what lies elsewhere or directly in src/. */
function roomOf(file: string): string {
  const [top, room, ...rest] = file.split('/')
  return top === 'src' && rest.length > 0 ? (room ?? '') : ''
}

const isRoom = (room: string): boolean => room !== '' && room !== 'model' && room !== 'cli'

const importsOf = (
  sources: readonly Source[],
  forbidden: (edge: { readonly file: string; readonly import: Import }) => boolean,
): readonly string[] =>
  sources.flatMap(({ file, imports }) =>
    imports.filter((one) => forbidden({ file, import: one })).map((one) => `${file} -> ${one.target}`),
  )

/** Members of the global `process` (a value of ours may be called the same: a process of a host). */
const PROCESS =
  /(?<![\w.'-])process\s*\??\.\s*(env|argv|exit|exitCode|abort|std(in|out|err)|cwd|chdir|on|once|off|emit|kill|umask|hrtime|nextTick|versions|report|memoryUsage)\b/

function ambientIn({ code, imports }: Source): readonly string[] {
  const names = [
    ...(PROCESS.test(code) ? ['process'] : []),
    ...(/(?<![\w.'-])console\s*\./.test(code) ? ['console'] : []),
  ]
  const modules = imports.map((one) => one.target).filter((target) => /^node:(process|console)$/.test(target))
  return [...names, ...modules]
}

/** Each cycle once, as the path that closes it. */
function cyclesIn(sources: readonly Source[]): readonly string[] {
  const edges = new Map(sources.map((one) => [one.file, one.imports.filter(({ kind }) => kind === 'file')]))
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file)
    if (start >= 0) cycles.push([...trail.slice(start), file].join(' -> '))
    if (start >= 0 || done.has(file)) return
    for (const edge of edges.get(file) ?? []) visit(edge.target, [...trail, file])
    done.add(file)
  }
  for (const file of edges.keys()) visit(file, [])
  return cycles
}
