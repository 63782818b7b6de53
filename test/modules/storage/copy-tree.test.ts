import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Change } from '../../../src/model/module.ts'
import type { Connection } from '../../../src/model/transport.ts'
import { copyTree } from '../../../src/modules/storage/copy-tree.ts'
import { type LawHost, lawHostOver, openLocal } from '../law-host.ts'

let folder: string
let connection: Connection
let host: LawHost
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'copy-tree-'))
  mkdirSync(path.join(folder, 'src'))
  writeFileSync(path.join(folder, 'src/old'), 'old')
  writeFileSync(path.join(folder, 'src/kept'), 'kept')
  connection = await openLocal()
  host = lawHostOver(connection, { name: 'local', offers: [], scratch: folder })
})
afterEach(async () => {
  await connection.close()
  rmSync(folder, { recursive: true })
})

const argsFor = (pass: 'live' | 'final') => ({ src: path.join(folder, 'src'), dest: path.join(folder, 'copy'), pass })
const decide = async (pass: 'live' | 'final') => {
  const args = argsFor(pass)
  return copyTree.plan(args, await copyTree.read(args, probe()))
}
const probe = () => ({ ...host.probe(), run: connection.probe('login').run })
const session = (step: string) => ({ ...host.session(path.join(folder, step)), run: connection.session('login').run })

async function copy(pass: 'live' | 'final'): Promise<Change> {
  const decision = await decide(pass)
  if (decision.kind !== 'change') throw new Error(JSON.stringify(decision))
  await copyTree.apply?.(argsFor(pass), decision.change, session(pass))
  return decision.change
}
const undo = async (pass: 'live' | 'final', change: Change) => copyTree.revert?.(argsFor(pass), change, session(pass))

test('the final copy goes on with the first one, takes what is new and drops what is gone', async () => {
  await copy('live')
  rmSync(path.join(folder, 'src/old'))
  writeFileSync(path.join(folder, 'src/new'), 'new')
  expect(await decide('final')).toMatchObject({ change: { verb: 'update', before: { dest: 'begun' } } })
  await copy('final')
  expect(readdirSync(path.join(folder, 'copy')).sort()).toEqual(['kept', 'new'])
  expect(existsSync(path.join(folder, '.copy.copy-begun'))).toBe(false)
  expect(await decide('final')).toMatchObject({ kind: 'noop' })
})

test('a file that was damaged under its old size and time is mended', async () => {
  await copy('live')
  const damage = 'cp -p copy/kept time && printf KEPT >copy/kept && touch -r time copy/kept'
  expect((await host.run(damage, folder)).code).toBe(0)
  await copy('final')
  expect(readFileSync(path.join(folder, 'copy/kept'), 'utf8')).toBe('kept')
})

test('undoing the final copy leaves it as begun, undoing the first one removes it', async () => {
  const first = await copy('live')
  const second = await copy('final')
  await undo('final', second)
  expect(await decide('final')).toMatchObject({ change: { before: { dest: 'begun' } } })
  await undo('live', first)
  expect(readdirSync(folder).filter((name) => name.includes('copy'))).toEqual([])
  expect(await decide('live')).toMatchObject({ change: { before: { dest: 'absent' } } })
})
