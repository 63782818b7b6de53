import { createReadStream } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { eachLine } from '../../src/symptoms/each-line.ts'
import { makeTallying, type Tally } from '../../src/symptoms/tally.ts'

const LOGS = path.join(import.meta.dirname, '../fixtures/logs')

/** Classes of lines as domain knowledge has them; capnslog and zap say the same in other words. */
const CLASSES = [
  { name: 'heartbeat', summary: '', symptoms: ['failed to send out heartbeat on time'] },
  { name: 'slow-apply', summary: '', symptoms: ['took too long (*) to execute', 'apply request took too long'] },
  { name: 'slow-fsync', summary: '', symptoms: ['sync duration of * expected less than', 'slow fdatasync'] },
  { name: 'readindex', summary: '', symptoms: ['waiting for ReadIndex response took too long'] },
]

async function tallyOf(file: string): Promise<Tally> {
  const tallying = makeTallying(CLASSES)
  await eachLine(createReadStream(path.join(LOGS, file)), tallying.take)
  return tallying.result()
}

const linesOf = (tally: Tally) => Object.fromEntries(tally.runbooks.map(({ name, lines }) => [name, lines]))

// The counts are those of an independent reading of the same files.
test.each([
  ['etcd-3.3.27-capnslog-infra2.log', { heartbeat: 184, 'slow-apply': 81, 'slow-fsync': 5 }],
  ['etcd-3.4.23-capnslog-infra2.log', { heartbeat: 168, 'slow-apply': 77, 'slow-fsync': 2, readindex: 5 }],
  ['etcd-3.4.23-zap-infra3.log', { heartbeat: 28, 'slow-apply': 28, 'slow-fsync': 7 }],
  ['etcd-3.5.16-zap-infra3.slow.log', { heartbeat: 190, 'slow-apply': 87, 'slow-fsync': 2, readindex: 52 }],
] as const)('%s: every class of line is counted, and none as another', async (file, expected) => {
  expect(linesOf(await tallyOf(file))).toEqual(expected)
})

test('the times inside are read: worst exactly, quantiles within a percent', () => {
  const tallying = makeTallying(CLASSES)
  for (let ms = 1; ms <= 1000; ms += 1)
    tallying.take(`etcdserver: request "put" with result "size:5" took too long (${ms}.5ms) to execute`)
  const [{ symptoms: [seen] = [] } = {}] = tallying.result().runbooks
  expect(seen?.took).toMatchObject({ count: 1000, worst_ms: 1001 })
  expect(Math.abs((seen?.took?.p99_ms ?? 0) / 990.5 - 1)).toBeLessThan(0.01)
  expect(Math.abs((seen?.took?.p50_ms ?? 0) / 500.5 - 1)).toBeLessThan(0.01)
})

test('times of the structured form are those of its fields', () => {
  const tallying = makeTallying(CLASSES)
  tallying.take('{"level":"warn","msg":"apply request took too long","took":"1m0.5s","expected-duration":"100ms"}')
  expect(tallying.result().runbooks[0]?.symptoms[0]?.took?.worst_ms).toBe(60_500)
})

test('a symptom that nobody shows is not told, nor is one of nothing but wildcards', () => {
  const tallying = makeTallying([{ name: 'x', summary: '', symptoms: ['*', '', 'panic'] }])
  tallying.take('all is well')
  expect(tallying.result()).toMatchObject({
    lines: 1,
    matched: 0,
    runbooks: [],
    others: [{ signature: 'all is well' }],
  })
})

test('counts stay exact beyond the signatures that are kept', () => {
  const tallying = makeTallying([{ name: 'x', summary: '', symptoms: ['disk is full'] }])
  const letters = 'abcdefghijklmnopqrst'
  for (const a of letters) for (const b of letters) for (const c of letters) tallying.take(`${a}${b}${c}: disk is full`)
  expect(tallying.result()).toMatchObject({ lines: 8000, matched: 8000, runbooks: [{ lines: 8000 }] })
})
