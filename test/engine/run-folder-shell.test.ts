import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseRun } from '../../src/engine/run-folder.ts'
import { folderText, removeText } from '../../src/engine/run-folder-text.ts'
import { type Command, renderCommand } from '../../src/model/command.ts'

let folder: string
const at = (name: string): string => path.join(folder, name)
const sh = (command: Command): string =>
  execFileSync('/bin/sh', ['-c', renderCommand(command)], { env: { PATH: process.env.PATH, HOME: folder } }).toString()

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'run-folder-'))
  for (const name of ['runs/r1/swap', 'old', 'disk/data']) mkdirSync(at(name), { recursive: true })
  symlinkSync(at('disk/data'), at('data'))
  writeFileSync(at('old/STALE'), '')
  const lines = [at('data'), at('disk/data'), at('old'), at('old/STALE')]
  writeFileSync(at('runs/r1/swap/set-aside'), `${lines.join('\n')}\n`)
})
afterEach(() => rmSync(folder, { recursive: true }))

test('what a run has put aside is shown with its folder, and removed with it', () => {
  expect(parseRun(sh(folderText(at('runs'), 'r1'))).folders.map((one) => one.path)).toEqual([at('runs/r1'), at('old')])
  sh(removeText(at('runs'), 'r1'))
  expect(['runs/r1', 'old', 'disk/data'].map((name) => existsSync(at(name)))).toEqual([false, false, true])
})

test.each([
  ['it is not out of date', () => rmSync(at('old/STALE'))],
  ['nothing else lies in its place', () => rmSync(at('data'))],
  ['what lies in its place is not there', () => rmSync(at('disk'), { recursive: true })],
])('it stays where %s', (_, change) => {
  change()
  expect(parseRun(sh(folderText(at('runs'), 'r1'))).folders.map((one) => one.path)).toEqual([at('runs/r1')])
  sh(removeText(at('runs'), 'r1'))
  expect(['runs/r1', 'old'].map((name) => existsSync(at(name)))).toEqual([false, true])
})
