import { expect, test } from 'vitest'
import type { Reading } from '../../src/model/measure.ts'
import { comparisonLines } from '../../src/report/measure-text.ts'
import { plainStyle } from '../../src/report/style.ts'
import { reading } from './samples.ts'

const taken = (phase: Reading['phase'], value: number, verdict: Reading['verdict']): Reading =>
  reading({ phase, value, ...(verdict ? { verdict } : {}) })

test('the verdict stands beside the number that it judges, and a rollback only adds its number', () => {
  const readings = [taken('before', 38, 'fail'), taken('after', 4, 'pass'), taken('after-rollback', 37, 'fail')]
  expect(comparisonLines(readings, plainStyle)).toEqual([
    'wal_fsync_p99  e1  38 ms -> 4 ms (< 10 ms) PASS, after the rollback 37 ms',
  ])
})

test('a rollback by itself is judged by itself', () => {
  expect(comparisonLines([taken('after-rollback', 37, 'fail')], plainStyle)).toEqual([
    'wal_fsync_p99  e1  37 ms (< 10 ms) FAIL',
  ])
})
