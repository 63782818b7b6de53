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

/** main.js turns the compile cache on before it loads the rest, which is why that is a file of its own. */
const appApart: Plugin = {
  name: 'app-apart',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/cli\/run-cli\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './app.js', external: true } : undefined,
    )
  },
}

/**
 * Bundles the program and its libraries into dist/: main.js, and app.js with all the rest. Bundled, because finding and
 * reading the libraries' many files costs more than running them; CommonJS in one file, because linking modules costs
 * too, and what is imported on demand is evaluated on demand all the same (measured: see docs/performance.md).
 */
const bundle = (entry: string, name: string, plugins: readonly Plugin[]) =>
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
    supported: { 'dynamic-import': false }, // as require: Node reads a CommonJS file twice when it is imported
    external: ['*.node', 'cpu-features'], // ssh2 tries native addons and goes on without them
    define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__filename' },
    plugins: [...plugins],
    logLevel: 'warning',
  })

await rm(outdir, { recursive: true, force: true })
await bundle('src/main.ts', 'main.js', [appApart])
await bundle('src/cli/run-cli.ts', 'app.js', [atFirstUse])
await writeFile(path.join(outdir, 'package.json'), '{"type": "commonjs"}\n')
await chmod(path.join(outdir, 'main.js'), 0o755)
