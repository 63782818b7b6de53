import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** One import of one file, as written. `target` is the imported file from the root of the tree, or the library's name. */
export interface Import {
  readonly specifier: string
  readonly target: string
  readonly kind: 'file' | 'builtin' | 'library'
}

export interface Source {
  readonly file: string // from the root of the tree: "src/engine/plan.ts"
  readonly imports: readonly Import[]
  readonly code: string // without comments and quoted strings
}

/** Every TypeScript file under `root`/src. */
export const readSources = (root: string): readonly Source[] =>
  filesUnder(root, 'src')
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readSource(root, file))

/** Every file under `root`/`folder`, as paths from `root`. */
export const filesUnder = (root: string, folder: string): readonly string[] =>
  readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort()

function readSource(root: string, file: string): Source {
  const text = readFileSync(path.join(root, file), 'utf8')
  const withoutComments = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  return {
    file,
    imports: specifiersIn(withoutComments).map((specifier) => resolve(file, specifier)),
    code: withoutComments.replaceAll(/\s\/\/ .*$|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/gm, "''"),
  }
}

/** Static imports and re-exports, imports for the effect, and dynamic imports of a literal; types count as well. */
function specifiersIn(text: string): readonly string[] {
  const patterns = [
    /^\s*(?:import|export)\s[^'";]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^\s*import\s*['"]([^'"]+)['"]/gm,
    /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
  ]
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''))
}

function resolve(file: string, specifier: string): Import {
  if (specifier.startsWith('.')) {
    return { specifier, target: path.join(path.dirname(file), specifier), kind: 'file' }
  }
  if (specifier.startsWith('node:')) return { specifier, target: specifier, kind: 'builtin' }
  const [scope = '', name = ''] = specifier.split('/')
  return { specifier, target: scope.startsWith('@') ? `${scope}/${name}` : scope, kind: 'library' }
}
