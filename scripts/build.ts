import { chmod, rm } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { build } from 'esbuild'

const root = path.join(import.meta.dirname, '..')
const outdir = path.resolve(process.argv[2] ?? path.join(root, 'dist')) // `node scripts/build.ts [FOLDER]`

/**
 * Bundles src/main.ts and its libraries into dist/: one entry, and a chunk for each part that is loaded on demand, so
 * that `--help` reads neither ssh2 nor yaml. Bundled, because finding and reading the libraries' many files costs more
 * than running them (measured: see docs/architecture.md, Start-up).
 */
await rm(outdir, { recursive: true, force: true })
await build({
  entryPoints: [path.join(root, 'src/main.ts')],
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'linked',
  // ssh2 tries native addons and goes on without them.
  external: ['*.node', 'cpu-features'],
  // CommonJS libraries call require() for Node's own modules, and ssh2 reads __dirname without using it.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url),__dirname=import.meta.dirname,__filename=import.meta.filename;",
  },
  logLevel: 'warning',
})
await chmod(path.join(outdir, 'main.js'), 0o755)
