import { expect, test } from 'vitest'
import { classOf, type Ended, tellingLine } from '../../../src/modules/kubelet/exit-class.ts'

const ended = (code: number, lines: readonly string[] = [], more: Partial<Ended> = {}): Ended => ({
  code,
  lines,
  outOfMemory: false,
  ranSeconds: 60,
  ...more,
})
const lease = 'F1228 17:00:42.008059       1 server.go:264] leaderelection lost'
const timeout =
  'E0919 19:15:20.985776       1 leaderelection.go:341] Failed to update lock: etcdserver: request timed out'

test.each([
  ['lease-lost', ended(255, [timeout, lease])],
  ['etcd-timeout', ended(1, [timeout])],
  ['certificate', ended(1, ['x509: certificate has expired or is not yet valid', lease])],
  ['port-in-use', ended(1, ['listen tcp 127.0.0.1:10259: bind: address already in use'])],
  ['panic', ended(2, ['panic: runtime error: invalid memory address', 'goroutine 1 [running]:'])],
  ['out-of-memory', ended(137, [lease], { outOfMemory: true })],
  ['probe-failed', ended(137, [], { probe: 'Liveness probe failed: HTTP probe failed with statuscode: 500' })],
  ['probe-failed', ended(143, ['shutting down'], { probe: 'Liveness probe failed: ' })],
  ['lease-lost', ended(255, [lease], { probe: 'Liveness probe failed: ' })],
  ['unknown', ended(1, ['goodbye'], { probe: 'Liveness probe failed: ' })],
  ['killed', ended(137)],
  ['stopped', ended(143)],
  ['stopped', ended(0)],
  ['configuration', ended(1, ['unknown flag: --etcd-sevrers'], { ranSeconds: 0.2 })],
  ['unknown', ended(1, ['goodbye'], { ranSeconds: null })],
] as const)('%s', (expected, one) => {
  expect(classOf(one)).toBe(expected)
})

test('the line that gave the class is told, else the last', () => {
  expect(tellingLine([timeout, lease, 'bye'], 'lease-lost')).toBe(lease)
  expect(tellingLine(['a', 'b'], 'unknown')).toBe('b')
  expect(tellingLine([], 'unknown')).toBe('')
})
