import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseAllDocuments, type YAMLError } from 'yaml'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import { forbiddenText } from './forbidden-text.ts'
import type { RawNode } from './raw-yaml.ts'
import { placeIn, type SourceText, sourceText } from './source-text.ts'
import { convertYaml, VAULT_TAGS } from './yaml-convert.ts'
import type { Dialect } from './yaml-dialect.ts'
import type { YamlNode } from './yaml-node.ts'
import { syntaxProblem } from './yaml-syntax-problem.ts'

const LIMITS = {
  runbook: { bytes: 256 * 1024, text: '256 KiB' },
  variables: { bytes: 256 * 1024, text: '256 KiB' },
  inventory: { bytes: 8 * 1024 * 1024, text: '8 MiB' },
} as const

/** YAML text as a tree with places; every problem of the text at once, of kind yaml. */
export function parseYaml(file: string, text: string, dialect: Dialect): Result<YamlNode> {
  const source = sourceText(file, text)
  const early = [...tooLarge(source, dialect), ...forbiddenText(source), ...directives(source)]
  if (early.length > 0) return fail(early)
  const found = documentsIn(text, dialect)
  if (found === 'too deep') return fail([tooDeep(source)])
  const syntax = found.flatMap((document) => syntaxProblems(source, document))
  if (syntax.length > 0) return fail(syntax)
  const [first, second] = found
  if (second) return fail([severalDocuments(source, second)])
  if (!first?.contents) return fail([{ kind: 'yaml', message: `${file} is empty`, at: placeIn(source, 0) }])
  const tree = convertYaml({ source, dialect, root: rawNode(first.contents) })
  return tree.ok ? succeed(tree.value) : tree
}

/** The library's parser calls itself for each level, and does not count them. */
function documentsIn(text: string, dialect: Dialect): readonly Document.Parsed[] | 'too deep' {
  try {
    const documents = parseAllDocuments(text, optionsOf(dialect))
    return Array.isArray(documents) ? documents : []
  } catch (error) {
    if (error instanceof RangeError) return 'too deep'
    throw error
  }
}

/** At the line that opens most. */
function tooDeep(source: SourceText): Problem {
  const lines = source.text.split('\n')
  const opened = lines.map((line) => line.match(/[[{:?-]/g)?.length ?? 0)
  const before = lines.slice(0, opened.indexOf(Math.max(...opened)))
  const at = placeIn(source, before.join('\n').length + Math.min(before.length, 1))
  return { kind: 'yaml', message: 'this is nested too deeply', at }
}

/** uniqueKeys is quadratic (measured: 20 000 keys 5 s), so convertYaml compares keys; directives cannot change `schema`. */
const optionsOf = (dialect: Dialect) =>
  ({
    version: dialect === 'inventory' ? '1.1' : '1.2',
    schema: dialect === 'inventory' ? 'yaml-1.1' : 'core',
    uniqueKeys: false,
    merge: false,
    resolveKnownTags: false,
    intAsBigInt: true,
    strict: true,
    prettyErrors: false,
    logLevel: 'silent',
    ...(dialect === 'runbook'
      ? {}
      : { customTags: VAULT_TAGS.map((tag) => ({ tag, resolve: (text: string) => text })) }),
  }) as const

/** The library's nodes, as little of them as the rest needs, read lazily. */
function rawNode(node: Node | null): RawNode {
  const [start = 0, end = start] = node?.range ?? []
  const marks = {
    start,
    end,
    ...(node && 'anchor' in node && node.anchor !== undefined ? { anchor: node.anchor } : {}),
    ...(node && 'tag' in node && node.tag !== undefined ? { tag: String(node.tag) } : {}),
  }
  if (isAlias(node)) return { kind: 'alias', ...marks, name: node.source }
  if (isSeq(node)) {
    return { kind: 'list', ...marks, items: () => node.items.map((item) => rawNode(asNode(item))) }
  }
  if (isMap(node)) {
    return {
      kind: 'map',
      ...marks,
      pairs: () =>
        node.items.map(({ key, value }) => ({
          key: rawNode(asNode(key)),
          value: value === null ? undefined : rawNode(asNode(value)),
        })),
    }
  }
  if (isScalar(node)) {
    return { kind: 'scalar', ...marks, value: node.value, written: node.source ?? '', style: styleOf(node.type) }
  }
  return { kind: 'scalar', ...marks, value: null, written: '', style: 'plain' }
}

const asNode = (item: unknown): Node | null => item as Node | null // sealed: a parsed document holds nodes only

function styleOf(type: string | undefined): 'plain' | 'quoted' | 'block' {
  if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') return 'block'
  return type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE' ? 'quoted' : 'plain'
}

const MAX_PROBLEMS = 20 // beyond it, a file is not YAML at all

function syntaxProblems(source: SourceText, document: Document.Parsed): readonly Problem[] {
  const found: readonly YAMLError[] = [...document.errors, ...document.warnings]
  const exhausted = found.find((error) => error.code === 'RESOURCE_EXHAUSTION')
  const shown = exhausted ? [exhausted] : found.slice(0, MAX_PROBLEMS * 2)
  const problems = shown.map(({ code, message, pos, name }) => syntaxProblem(source, { code, message, pos, name }))
  return onePerLine(problems).slice(0, MAX_PROBLEMS)
}

/** One mistake makes the library stumble several times on its line; the first says what it was. */
function onePerLine(problems: readonly Problem[]): readonly Problem[] {
  const lines = new Set<number | undefined>()
  return problems.filter(({ at }) => !lines.has(at?.line) && lines.add(at?.line))
}

function severalDocuments(source: SourceText, second: Document.Parsed): Problem {
  const start = source.text.lastIndexOf('---', second.contents?.range[0] ?? source.text.length)
  const at = placeIn(source, Math.max(0, start), start + 3)
  return { kind: 'yaml', message: 'a second document begins here: a file holds one', at, hint: 'delete the line ---' }
}

function tooLarge(source: SourceText, dialect: Dialect): readonly Problem[] {
  const { bytes, text } = LIMITS[dialect]
  if (Buffer.byteLength(source.text) <= bytes) return []
  return [{ kind: 'yaml', message: `${source.file} is larger than ${text}`, at: placeIn(source, 0) }]
}

/** A `%YAML 1.1` line would turn `no` into false. */
function directives(source: SourceText): readonly Problem[] {
  const match = /^(?:[ \t]*(?:#.*)?\r?\n)*(%.*)/.exec(source.text)
  if (!match) return []
  const start = match[0].length - (match[1] ?? '').length
  const message = 'directives (%YAML, %TAG) are not taken: the version of YAML is fixed'
  return [{ kind: 'yaml', message, at: placeIn(source, start, match[0].length), hint: 'delete this line' }]
}
