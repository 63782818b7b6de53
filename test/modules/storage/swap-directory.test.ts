import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Change } from '../../../src/model/module.ts'
import type { Connection } from '../../../src/model/transport.ts'
import { swapDirectory } from '../../../src/modules/storage/swap-directory.ts'
import { type LawHost, lawHostOver, openLocal } from '../law-host.ts'

let folder: string
let connection: Connection
let host: LawHost
const at = (name: string) => path.join(folder, name)
const argsFor = (state: 'swapped' | 'used') => ({
  path: at('data'),
  copy: at('disk/new'),
  home: at('disk/data'),
  aside: at('data.before'),
  state,
})
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'swap-directory-'))
  for (const name of ['data', 'disk/new']) {
    mkdirSync(at(name), { recursive: true })
    writeFileSync(at(`${name}/kept`), 'kept')
    writeFileSync(at(`${name}/old`), 'old')
  }
  connection = await openLocal()
  host = lawHostOver(connection, { name: 'local', offers: [], scratch: folder })
})
afterEach(async () => {
  await connection.close()
  rmSync(folder, { recursive: true })
})

const decide = async (state: 'swapped' | 'used') => {
  const probe = { ...host.probe(), run: connection.probe('login').run }
  return swapDirectory.plan(argsFor(state), await swapDirectory.read(argsFor(state), probe))
}
const session = (step: string) => ({ ...host.session(at(step)), run: connection.session('login').run })

async function make(state: 'swapped' | 'used'): Promise<Change> {
  const decision = await decide(state)
  if (decision.kind !== 'change') throw new Error(JSON.stringify(decision))
  await swapDirectory.apply?.(argsFor(state), decision.change, session(state))
  return decision.change
}
const undo = async (state: 'swapped' | 'used', change: Change) =>
  swapDirectory.revert?.(argsFor(state), change, session(state))

test('what was written to the new place is in the old one after going back, and what was removed is gone', async () => {
  const swapped = await make('swapped')
  const used = await make('used')
  writeFileSync(at('data/new'), 'new')
  rmSync(at('data/old'))
  expect(existsSync(at('disk/data/new'))).toBe(true)
  await undo('used', used)
  await undo('swapped', swapped)
  expect(readFileSync(at('data/new'), 'utf8')).toBe('new')
  expect([existsSync(at('data/old')), existsSync(at('data/STALE-DO-NOT-START'))]).toEqual([false, false])
  expect([existsSync(at('disk/data')), existsSync(at('data.before'))]).toEqual([false, false])
})

test('a copy that is out of date is never put back: the new place stays', async () => {
  const swapped = await make('swapped')
  await make('used')
  await expect(undo('swapped', swapped)).rejects.toThrow(/out of date/)
  expect(readlinkSync(at('data'))).toBe(at('disk/data'))
})

test('a file that differs under its old size and time is copied back, too', async () => {
  await make('swapped')
  const used = await make('used')
  const damage = 'cp -p data/kept time && printf KEPT >data/kept && touch -r time data/kept'
  expect((await host.run(damage, folder)).code).toBe(0)
  await undo('used', used)
  expect(readFileSync(at('data.before/kept'), 'utf8')).toBe('KEPT')
})

test('the mark stays while the copy back does not succeed', async () => {
  const swapped = await make('swapped')
  const used = await make('used')
  rmSync(at('disk/data'), { recursive: true }) // its disk is not mounted
  await expect(undo('used', used)).rejects.toThrow(/there is no directory .*disk\/data/)
  await expect(undo('swapped', swapped)).rejects.toThrow(/out of date/)
})

test('half-done renames are gone on with, and undone', async () => {
  expect((await host.run('mv disk/new disk/data && mv data data.before', folder)).code).toBe(0)
  expect(await decide('swapped')).toMatchObject({ change: { before: { path: 'half' }, settles: false } })
  const change = await make('swapped')
  expect(readlinkSync(at('data'))).toBe(at('disk/data'))
  await undo('swapped', change)
  expect(readFileSync(at('data/kept'), 'utf8')).toBe('kept')
  expect(existsSync(at('disk/new'))).toBe(true)
})
