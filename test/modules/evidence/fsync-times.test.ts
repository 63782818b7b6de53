import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseFsyncTimes } from '../../../src/modules/evidence/fsync-times.ts'

const fixture = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, '../../fixtures/fio', name), 'utf8')
const ofFio = (name: string) => parseFsyncTimes(`free 2097152\nsystem ext2/ext3\nby fio 3.33\n${fixture(name)}`)

describe('times of syncs', () => {
  test('are those of the syncs of fio, not of its writes', () => {
    expect(ofFio('fio-3.33-slow.json')).toMatchObject({ by: 'fio 3.33', file_system: 'ext2/ext3', free_mib: 2048 })
    expect(ofFio('fio-3.33-slow.json').p99_ms).toBeGreaterThan(15)
    expect(ofFio('fio-3.33-fast.json')).toMatchObject({ count: 10_029 })
    expect(ofFio('fio-3.33-fast.json').p99_ms).toBeLessThan(10)
  })

  test('are unknown where fio tells none of its syncs, as before 3.5, or no JSON at all', () => {
    expect(ofFio('fio-3.1-fast.json')).toMatchObject({ count: 0, p99_ms: null })
    expect(parseFsyncTimes('by fio 3.33\nfio: error\n')).toMatchObject({ count: 0, p99_ms: null })
  })

  test('of dd are ranked: the p99 of a hundred is the second worst', () => {
    const times = Array.from({ length: 100 }, (_, at) => `time ${(at + 1) / 1000}`)
    expect(parseFsyncTimes(`by dd fdatasync\n${times.toReversed().join('\n')}\n`)).toMatchObject({
      count: 100,
      p50_ms: 50,
      p99_ms: 99,
      max_ms: 100,
    })
  })

  test('of dd may be written with an exponent', () => {
    expect(parseFsyncTimes('by dd fdatasync\ntime 7.5e-05\n')).toMatchObject({ count: 1, max_ms: 0.075 })
  })
})
