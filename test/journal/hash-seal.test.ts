import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { hashSeal, openHashSeal } from '../../src/journal/hash-seal.ts'
import { sha256 } from '../../src/model/digest.ts'

const seal = hashSeal(Buffer.alloc(32, 1))

test('every hash in a value is hidden, the same one alike, and given back', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      const [hash, second] = [sha256(one), sha256(other)]
      const value = { kind: `file:${hash}`, more: [hash, second, one, 7, null] }
      const kept = seal.seal(value)
      expect(JSON.stringify(kept)).not.toContain(hash)
      expect(seal.seal(value)).toEqual(kept)
      expect(seal.open(kept)).toEqual(value)
    }),
  )
})

test('what was kept before there was a key, or under another one, stays as it is', () => {
  const plain = { before: `file:${sha256('a')}` }
  expect(seal.open(plain)).toEqual(plain)
  const foreign = hashSeal(Buffer.alloc(32, 2)).seal(plain)
  expect(seal.open(foreign)).toEqual(foreign)
})

test('the key lies beside the runs for its owner alone, is made once, and only by who writes', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'seal-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const runs = path.join(dir, 'state', 'runs')
  const hash = sha256('x')
  expect((await openHashSeal(runs)).seal(hash)).toBe(hash)
  let made = 0
  const random = (size: number) => Buffer.alloc(size, ++made)
  const seals = await Promise.all([openHashSeal(runs, random), openHashSeal(runs, random)])
  const [kept] = seals.map((one) => one.seal(hash))
  expect(seals[1]?.seal(hash)).toBe(kept)
  expect((await openHashSeal(runs)).open(kept ?? '')).toBe(hash)
  expect(await readdir(path.join(dir, 'state'))).toEqual(['journal.key'])
  expect((await stat(path.join(dir, 'state', 'journal.key'))).mode & 0o777).toBe(0o600)
  await writeFile(path.join(dir, 'state', 'journal.key'), 'short')
  await expect(openHashSeal(runs, random)).rejects.toThrow('not a key')
})
