import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unwrap } from '../../../src/model/problem.ts'
import { workShares } from '../../../src/modules/profiling/known-work.ts'
import { parsePprof } from '../../../src/modules/profiling/pprof.ts'

const folder = path.join(import.meta.dirname, '../../fixtures/profiles')
const bytes = readFileSync(path.join(folder, 'etcd-3.4.23-cpu-8s.pb.gz'))

/** The stacks as `go tool pprof -raw` printed them of the same profile: value and frames, the outermost first. */
function rawStacks(): readonly string[] {
  const text = readFileSync(path.join(folder, 'etcd-3.4.23-cpu-8s.pprof-raw.txt'), 'utf8')
  const [samples = '', locations = ''] = text.slice(text.indexOf('Samples:')).split(/^Locations$/m)
  const names = new Map<string, string[]>()
  let id = ''
  for (const line of (locations.split(/^Mappings$/m)[0] ?? '').split('\n').filter((one) => one.trim() !== '')) {
    id = /^ *(\d+): 0x/.exec(line)?.[1] ?? id
    const name = /(?:M=\d+ |^ +)([^ ]+) [^ ]+:\d+ s=\d+$/.exec(line)?.[1]
    names.set(id, [...(names.get(id) ?? []), name ?? '?'])
  }
  return [...samples.matchAll(/^ +\d+ +(\d+): ([\d ]+)$/gm)].map(([, value, ids = '']) => {
    const frames = ids
      .trim()
      .split(' ')
      .flatMap((one) => names.get(one) ?? [])
    return `${value} ${frames.toReversed().join(';')}`
  })
}

describe('a profile', () => {
  test('has the stacks that go tool pprof prints of it', () => {
    const profile = unwrap(parsePprof(bytes))
    const raw = rawStacks()
    expect(raw.length).toBeGreaterThan(50)
    expect(profile.stacks.map(({ value, frames }) => `${value} ${frames.join(';')}`)).toEqual(raw)
    expect(profile).toMatchObject({ type: 'cpu', unit: 'nanoseconds', total: 780_000_000 })
    expect(profile.durationMs).toBeCloseTo(8127.67, 1)
  })

  test('is the same gzipped or not', () => {
    expect(parsePprof(gunzipSync(bytes))).toEqual(parsePprof(bytes))
  })

  test('that is none is refused with a way to take one', () => {
    for (const wrong of [Buffer.from(''), Buffer.from('not found\n'), gzipSync('{}'), bytes.subarray(0, 2000)]) {
      const parsed = parsePprof(wrong)
      expect(parsed).toMatchObject({
        ok: false,
        problems: [{ kind: 'io', message: 'this is no profile as pprof writes it' }],
      })
    }
  })

  test('that is damaged gives an answer, and never an exception', () => {
    const plain = gunzipSync(bytes)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(plain.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }),
        (changes) => {
          const damaged = Buffer.from(plain)
          for (const [at, byte] of changes) damaged[at] = byte
          const parsed = parsePprof(damaged)
          if (parsed.ok)
            for (const { frames } of parsed.value.stacks) expect(frames.every((frame) => frame !== '')).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('known work', () => {
  const profile = (stacks: readonly (readonly [string, number])[]) => ({
    type: 'cpu',
    unit: 'nanoseconds',
    total: stacks.reduce((sum, [, value]) => sum + value, 0),
    stacks: stacks.map(([frames, value]) => ({ frames: frames.split(';'), value })),
  })

  test('is told with its share, most of it first', () => {
    const shares = workShares(unwrap(parsePprof(bytes)))
    expect(shares.map(({ work }) => work)).toEqual(['system calls', 'garbage collection and allocation'])
    expect(shares[0]?.share).toBeCloseTo(19 / 78, 6)
    expect(shares[1]).not.toHaveProperty('means')
  })

  test('says what it means from its threshold on, and counts a stack once', () => {
    const busy = profile([
      ['main;runtime.gcBgMarkWorker;runtime.mallocgc', 41],
      ['main;work', 59],
    ])
    expect(workShares(busy)).toEqual([
      { work: 'garbage collection and allocation', share: 0.41, means: expect.stringContaining('memory') },
    ])
    expect(
      workShares(
        profile([
          ['main;runtime.mallocgc', 40],
          ['main', 60],
        ]),
      )[0],
    ).not.toHaveProperty('means')
    expect(workShares(profile([]))).toEqual([])
  })
})
