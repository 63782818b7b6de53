import { createHash } from 'node:crypto'
import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { build, type Plugin } from 'esbuild'

const root = path.join(import.meta.dirname, '..')
const outdir = path.resolve(process.argv[2] ?? path.join(root, 'dist')) // `node scripts/build.ts [FOLDER]`

/**
 * Libraries that sources load at first use, by `const require = createRequire(import.meta.url)`: without that line
 * esbuild bundles what they require, and evaluates it where they do.
 */
const atFirstUse: Plugin = {
  name: 'at-first-use',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path: file }) => ({
      contents: (await readFile(file, 'utf8')).replace(/^const require = createRequire\(import\.meta\.url\).*$/m, ''),
      loader: 'ts',
    }))
  },
}

/**
 * Bundles the program and its libraries into dist/: app.js is all of it, main.js what runs it (src/launch.ts). Bundled,
 * because finding and reading the libraries' many files costs more than running them; CommonJS in one file, because
 * linking modules costs too, and what is imported on demand is evaluated on demand all the same (docs/performance.md).
 */
const bundle = (entry: string, name: string, define: Readonly<Record<string, string>>) =>
  build({
    entryPoints: [path.join(root, entry)],
    outfile: path.join(outdir, name),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'linked',
    supported: { 'dynamic-import': false }, // as require: there is but one file
    external: ['*.node', 'cpu-features'], // ssh2 tries native addons and goes on without them
    define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__filename', ...define },
    plugins: [atFirstUse],
    logLevel: 'warning',
  })

await rm(outdir, { recursive: true, force: true })
await bundle('src/main.ts', 'app.js', {})
// Plain ASCII, as main.js reads it byte by byte; esbuild leaves characters of regular expressions as they are.
const app = (await readFile(path.join(outdir, 'app.js'), 'utf8'))
  .replace(/^#!.*/, '')
  .replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
await writeFile(path.join(outdir, 'app.js'), app)
const digest = createHash('sha256').update(app).digest('hex').slice(0, 16)
await bundle('src/launch.ts', 'main.js', { APP_DIGEST: JSON.stringify(digest) })
await writeFile(path.join(outdir, 'package.json'), '{"type": "commonjs"}\n')
await chmod(path.join(outdir, 'main.js'), 0o755)
