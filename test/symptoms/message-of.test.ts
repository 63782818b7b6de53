import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { messageOf } from '../../src/symptoms/message-of.ts'
import { signatureOf } from '../../src/symptoms/signature.ts'

const SAID = 'failed to send out heartbeat on time (exceeded the 100ms timeout for 401.8ms)'
const ZAP = JSON.stringify({ level: 'warn', ts: '2026-11-20T14:33:31.277Z', msg: SAID, took: '1s' })

describe('a message is taken out of what carried it', () => {
  test.each([
    ['nothing', SAID],
    ['capnslog', `2026-11-20 14:13:03.062744 W | ${SAID}`],
    ['journald short', `Nov 21 13:00:01 e1 etcd[17478]: ${SAID}`],
    ['journald short in another language', `4月 11 09:33:46 node-2.novalocal etcd[17478]: ${SAID}`],
    ['journald short without a host', `May 17 16:45:26 etcd[3292]: ${SAID}`],
    ['journald short-iso', `2026-11-21T13:00:01+0100 e1 etcd[17478]: ${SAID}`],
    ['journald -o json', JSON.stringify({ MESSAGE: SAID, _PID: '17478', PRIORITY: '4' })],
    ['journald -o json, as bytes', JSON.stringify({ MESSAGE: [...Buffer.from(SAID)] })],
    ['journald -o json around JSON', JSON.stringify({ MESSAGE: ZAP })],
    ['docker', JSON.stringify({ log: `${SAID}\n`, stream: 'stderr', time: '2026-11-20T14:33:31.277Z' })],
    ['docker around JSON', JSON.stringify({ log: `${ZAP}\n`, stream: 'stderr' })],
    ['CRI', `2021-02-26T03:07:23.3Z stderr F ${SAID}`],
    ['CRI around JSON', `2021-02-26T03:07:23.3Z stderr F ${ZAP}`],
    ['kubectl logs --prefix --timestamps', `[pod/etcd-m1/etcd] 2021-02-26T03:07:23.312345Z ${ZAP}`],
    ['klog', `W1121 12:00:00.123456       1 raft.go:12] ${SAID}`],
    ['klog under syslog', `Dec 25 16:44:48 node kubelet: W1225 16:44:48.581657   21207 raft.go:140] ${SAID}`],
    ['logfmt', `time="2019-02-20T14:28:54Z" level=error msg="${SAID}"`],
  ])('%s', (_, line) => {
    expect(messageOf(line).text).toBe(SAID)
  })

  test('fields of a structured message come with it', () => {
    expect(messageOf(JSON.stringify({ MESSAGE: ZAP })).fields).toMatchObject({ took: '1s' })
  })

  test('whatever comes, it is a message', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (line) => {
        expect(typeof messageOf(line).text).toBe('string')
      }),
    )
  })
})

describe('a signature is what lines of one kind have in common', () => {
  test.each([
    ['times, ids and addresses', 'peer 6d96b14f at 10.0.0.1:2380 late by 1m0.5s', 'peer * at * late by *'],
    ['uuids and names of pods', 'pod 06fa705f-0821-11e9-8cd4-00163e1071ed of coredns-5d78c9', 'pod * of *'],
    [
      'quoted keys, with quotes in them',
      'request "key:\\"/a b\\" " took too long (1s)',
      'request "*" took too long (*)',
    ],
    ['a quote that does not end', 'say "hello', 'say "hello'],
    ['lists', 'terms [1 2, 3] done', 'terms [*] done'],
  ])('%s', (_, text, signature) => {
    expect(signatureOf(text)).toBe(signature)
  })

  test('its own signature is itself', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (text) => {
        const signature = signatureOf(text)
        expect(signatureOf(signature)).toBe(signature)
      }),
    )
  })

  test('a long hostile line costs no more than its length', () => {
    const hostile = '\\"'.repeat(2_000_000)
    expect(signatureOf(`"${hostile}`).length).toBeLessThanOrEqual(240)
  })
})
