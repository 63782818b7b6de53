import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Change, Module, Session } from '../../../src/model/module.ts'
import { file } from '../../../src/modules/files/file.ts'
import { type LawHost, lawHostOver, openLocal, throughShell } from '../law-host.ts'
import { snapshot } from '../snapshot.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'crash-'))
const shims = path.join(scratch, 'shims')
const counter = path.join(scratch, 'counter')
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const tools = [
  'cat',
  'chmod',
  'chown',
  'cp',
  'ln',
  'mkdir',
  'mv',
  'readlink',
  'rm',
  'rmdir',
  'sha256sum',
  'stat',
  'sync',
  'touch',
]

let host: LawHost
let dying: LawHost

beforeAll(async () => {
  // Each tool counts its calls, and before the call with the number in $counter.at the whole script is killed.
  mkdirSync(shims)
  for (const tool of tools) {
    const real = execFileSync('/bin/sh', ['-c', `PATH=${systemPath} command -v ${tool}`])
      .toString()
      .trim()
    writeFileSync(
      path.join(shims, tool),
      `#!/bin/sh\nread -r n <${counter}; n=$((n + 1)); echo $n >${counter}\nread -r at <${counter}.at; [ "$n" -ne "$at" ] || kill -9 0\nexec ${real} "$@"\n`,
    )
    chmodSync(path.join(shims, tool), 0o755)
  }
  const connection = await openLocal()
  const options = { name: 'local', scratch, offers: [] }
  host = lawHostOver(connection, options)
  dying = lawHostOver(connection, {
    ...options,
    through: throughShell(['setsid', '-w', 'dash'], `${shims}:${systemPath}`),
  })
})
afterAll(async () => {
  await host.close()
  rmSync(scratch, { recursive: true, force: true })
})

const cases: readonly { readonly name: string; readonly setup: string; readonly args: JsonObject }[] = [
  { name: 'replacing a file', setup: 'printf old >f; chmod 640 f', args: { content: 'new' } },
  { name: 'replacing what a link leads to', setup: 'printf old >g; ln -s g f', args: { content: 'new' } },
  { name: 'creating a file', setup: ':', args: { content: 'new' } },
  { name: 'setting a mode', setup: 'printf old >f; chmod 640 f', args: { mode: '0755' } },
  { name: 'removing a file', setup: 'printf old >f; chmod 640 f', args: { state: 'absent' } },
  { name: 'making a directory', setup: ':', args: { state: 'directory', mode: '0711' } },
  { name: 'removing a directory', setup: 'mkdir f; chmod 711 f', args: { state: 'absent' } },
  { name: 'leading a link elsewhere', setup: 'ln -s a f', args: { state: 'link', target: 'b' } },
]

describe.each(cases)('killed at any moment of $name', ({ setup, args }) => {
  test('rolling back restores, and doing it again finishes', async () => {
    let kills = 0
    for (let at = 1; ; at += 1) {
      const trial = await begin(setup, args, at)
      const survived = await applied(trial, dying.session(trial.runFolder), at)
      const seen = contentOf(trial.folder)
      expect([undefined, 'old', 'new'], `killed at call ${at}`).toContain(seen)
      if (at % 2 === 0) {
        await module.apply?.(trial.args, trial.change, host.session(trial.runFolder))
        expect(await decide(trial.args), `done again after a kill at call ${at}`).toMatchObject({ kind: 'noop' })
      }
      await module.revert?.(trial.args, recorded(trial.change), host.session(trial.runFolder))
      expect(await snapshot(host, trial), `rolled back after a kill at call ${at}`).toBe(trial.start)
      expect(readdirSync(trial.folder).filter((name) => name.startsWith('.'))).toEqual([])
      if (survived) break
      kills += 1
    }
    expect(kills).toBeGreaterThan(5)
  }, 120_000)
})

test('a rollback leaves what someone edited since', async () => {
  const trial = await begin('printf old >f', { content: 'new' }, 0)
  await module.apply?.(trial.args, trial.change, host.session(trial.runFolder))
  writeFileSync(path.join(trial.folder, 'f'), 'theirs')
  await expect(module.revert?.(trial.args, recorded(trial.change), host.session(trial.runFolder))).rejects.toThrow(
    /f on local was changed by someone since; it is left as it is/,
  )
  expect(contentOf(trial.folder)).toBe('theirs')
})

test('a rollback without its pre-image says so and touches nothing', async () => {
  const trial = await begin('printf old >f', { content: 'new' }, 0)
  await module.apply?.(trial.args, trial.change, host.session(trial.runFolder))
  rmSync(trial.runFolder, { recursive: true })
  await expect(module.revert?.(trial.args, recorded(trial.change), host.session(trial.runFolder))).rejects.toThrow(
    /no pre-image of .*\/f/,
  )
  expect(contentOf(trial.folder)).toBe('new')
})

test('the pre-image lies in a folder for its owner alone, never beside the file', async () => {
  const trial = await begin('printf old >f', { content: 'new' }, 0)
  await module.apply?.(trial.args, trial.change, host.session(trial.runFolder))
  expect(readdirSync(trial.folder)).toEqual(['f'])
  const mode = execFileSync('stat', ['-c', '%a', trial.runFolder]).toString().trim()
  expect(mode).toBe('700')
  expect(readFileSync(path.join(trial.runFolder, 'pre-image'), 'utf8')).toBe('old')
})

test('a folder for pre-images that is a link of someone is refused', async () => {
  const trial = await begin('printf old >f; mkdir theirs', { content: 'new' }, 0)
  execFileSync('sh', [
    '-c',
    `mkdir -p ${path.dirname(trial.runFolder)}; ln -s ${trial.folder}/theirs ${trial.runFolder}`,
  ])
  await expect(module.apply?.(trial.args, trial.change, host.session(trial.runFolder))).rejects.toThrow(/pre-images/)
  expect(contentOf(trial.folder)).toBe('old')
})

const module: Module = file

interface Trial {
  readonly folder: string
  readonly runFolder: string
  readonly args: JsonObject
  readonly change: Change
  readonly start: string
}

let made = 0

async function begin(setup: string, args: JsonObject, at: number): Promise<Trial> {
  made += 1
  const folder = path.join(scratch, `case-${made}`)
  mkdirSync(folder)
  execFileSync('/bin/sh', ['-c', setup], { cwd: folder })
  writeFileSync(counter, '0\n')
  writeFileSync(`${counter}.at`, `${at}\n`)
  const whole = { ...args, path: `${folder}/f` }
  const decision = await decide(whole)
  if (decision.kind !== 'change') throw new Error(`not a change: ${decision.kind}`)
  const start = await snapshot(host, { folder })
  return { folder, runFolder: path.join(scratch, `run-${made}`, 'step'), args: whole, change: decision.change, start }
}

const decide = async (args: JsonObject) => module.plan(args, await module.read(args, host.probe()))

/** Whether it was done before the kill came. */
async function applied({ args, change }: Trial, session: Session, at: number): Promise<boolean> {
  try {
    await module.apply?.(args, change, session)
    return true
  } catch {
    expect(Number(readFileSync(counter, 'utf8')), 'it failed because it was killed').toBe(at)
    return false
  }
}

function recorded(change: Change): Change {
  const { material: _, ...kept } = change
  return JSON.parse(JSON.stringify({ ...kept, predicts: {} })) as Change // what a journal gives back
}

function contentOf(folder: string): string | undefined {
  try {
    return readFileSync(path.join(folder, 'f'), 'utf8')
  } catch {
    return undefined // nothing there, or a directory
  }
}
