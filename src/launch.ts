#!/usr/bin/env node
import fs from 'node:fs'
import module from 'node:module'
import path from 'node:path'
import { Script } from 'node:vm'

// What dist/main.js is made of: it runs dist/app.js, the bundle of main.ts, with the machine code that an earlier run of
// the same command left. Node's own compile cache keeps only what is compiled while loading; most functions are compiled
// when they are first called, which costs a plan a third of its processor time (measured: docs/performance.md).

declare const APP_DIGEST: string // of app.js; scripts/build.ts puts it here
const OUTLIVED_MS = 30 * 24 * 3600 * 1000

const app = path.join(import.meta.dirname, 'app.js')
const cache = cacheFile()
const script = new Script(module.wrap(fs.readFileSync(app, 'latin1')), { filename: app, ...kept(cache) })
if (script.cachedDataRejected !== false) process.on('exit', () => keep(script, cache))
const start = script.runInThisContext() as (...moduleScope: readonly unknown[]) => void // sealed: a wrapped module
start({}, module.createRequire(app), { exports: {} }, app, import.meta.dirname)

/**
 * In the user's own cache folder, as others could leave code for us elsewhere. By command, as each needs other functions;
 * by content, as V8 itself compares only the length of a source. V8 refuses what another version of it wrote.
 */
function cacheFile(): string | undefined {
  const home = process.env.HOME
  const folder = process.env.XDG_CACHE_HOME || (home ? path.join(home, '.cache') : undefined)
  const command = /^[a-z]{1,20}$/.exec(process.argv[2] ?? '')?.[0] ?? 'other'
  return folder === undefined ? undefined : path.join(folder, 'runbook', 'code', `${APP_DIGEST}-${command}`)
}

function kept(file: string | undefined): { readonly cachedData?: Buffer } {
  if (file === undefined) return {}
  try {
    const { uid, mode } = fs.statSync(file)
    // As root with the HOME of somebody else, it would be theirs to say what runs.
    return uid === process.getuid?.() && (mode & 0o022) === 0 ? { cachedData: fs.readFileSync(file) } : {}
  } catch {
    return {} // the first run of this command
  }
}

/** Whole or not at all; a cache that cannot be kept is made again by the next run. What other builds left long ago goes. */
function keep(ran: Script, file: string | undefined): void {
  if (file === undefined) return
  const folder = path.dirname(file)
  const unfinished = `${file}.${process.pid}`
  attempt(() => {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const name of fs.readdirSync(folder)) {
      const old = path.join(folder, name)
      if (!name.startsWith(APP_DIGEST) && Date.now() - fs.statSync(old).mtimeMs > OUTLIVED_MS) fs.rmSync(old)
    }
    fs.writeFileSync(unfinished, ran.createCachedData(), { mode: 0o600, flag: 'wx', flush: true })
    fs.renameSync(unfinished, file)
  })
  attempt(() => fs.rmSync(unfinished, { force: true })) // of a full disk
}

function attempt(work: () => void): void {
  try {
    work()
  } catch {
    // nobody is told: it costs time, and nothing else
  }
}
