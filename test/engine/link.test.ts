import { expect, test } from 'vitest'
import { openLink } from '../../src/engine/link.ts'
import { sh } from '../../src/model/command.ts'
import type { Event } from '../../src/model/event.ts'
import { hostName } from '../../src/model/id.ts'
import { ProblemError, type ProblemKind } from '../../src/model/problem.ts'
import type { Connection, Transport } from '../../src/model/transport.ts'
import { fakeConnection } from '../fake/fake-transport.ts'

const host = hostName('e1')
const fails = (kind: ProblemKind) => new ProblemError({ kind, host, message: kind })

/** A host whose connections are given one after another; a problem is an attempt that fails. */
function linkTo(opened: readonly (Connection | ProblemError)[]) {
  const [left, events, slept] = [[...opened], [] as Event[], [] as number[]]
  const transport: Transport = {
    open: () => {
      const next = left.shift() ?? fails('unreachable')
      return next instanceof ProblemError ? Promise.reject(next) : Promise.resolve(next)
    },
  }
  const endpoint = {
    host,
    transport: 'ssh2' as const,
    address: 'e1',
    port: 22,
    user: 'root',
    identityFiles: [],
    knownHostsFiles: [],
    connectTimeoutMs: 1,
  }
  const clock = {
    now: () => new Date(0),
    steadyMs: () => 0,
    sleep: (ms: number) => {
      slept.push(ms)
      return Promise.resolve()
    },
  }
  const link = openLink({ endpoint, transport, clock, emit: (event) => events.push(event) })
  return { link, events, slept, left }
}

const cut = fakeConnection(() => {
  throw fails('connection-lost')
}, host)
const sound = fakeConnection({ 'cat /a': 'a', 'cat /b': 'b' }, host)

test('reads that are lost with their connection are asked again on one new connection', async () => {
  const { link, events, left } = linkTo([cut, fails('unreachable'), sound])
  const probe = (await link).probe('login')
  const replies = await Promise.all([probe.run(sh`cat /a`), probe.run(sh`cat /b`)])
  expect(replies.map(({ stdout }) => stdout.toString())).toEqual(['a', 'b'])
  expect(events).toMatchObject([{ type: 'reconnecting', attempt: 1 }, { attempt: 2 }])
  expect(left).toEqual([])
})

test('a change that is lost is not asked again', async () => {
  const { link, events } = linkTo([cut, sound])
  const session = (await link).session('login')
  await expect(session.run(sh`cat /a`)).rejects.toThrow('connection-lost')
  expect(events).toEqual([])
  await (await link).reconnect()
  expect((await session.run(sh`cat /a`)).stdout.toString()).toBe('a')
})

test('a host that does not come back is waited for once, about two minutes', async () => {
  const { link, slept } = linkTo([cut])
  const opened = await link
  await expect(opened.reconnect()).rejects.toThrow('unreachable')
  const total = slept.reduce((sum, ms) => sum + ms, 0)
  expect(total).toBe(120_000)
  await expect(opened.reconnect()).rejects.toThrow('unreachable')
  expect(slept.reduce((sum, ms) => sum + ms, 0)).toBe(total)
})

test('who refuses us is not asked again', async () => {
  const { link, slept } = linkTo([cut, fails('host-key'), sound])
  await expect((await link).reconnect()).rejects.toThrow('host-key')
  expect(slept).toEqual([])
})

test('another machine that answers after the connection was lost is refused, and the first one is taken again', async () => {
  const machine = (id: string, answer: string) =>
    fakeConnection((text) => {
      if (text.includes('/etc/machine-id')) return `${id}\nboot-${answer}\n`
      if (answer === 'cut') throw fails('connection-lost')
      return answer
    }, host)
  const other = machine('m2', 'wrong')
  const { link } = linkTo([machine('m1', 'cut'), other, machine('m1', 'right')])
  const opened = await link
  expect(await opened.identity()).toEqual({ host, machineId: 'm1', bootId: 'boot-cut' })
  await expect(opened.probe('login').run(sh`cat /a`)).rejects.toMatchObject({
    problems: [
      {
        kind: 'plan-drifted',
        host,
        message: expect.stringContaining('another machine'),
        detail: expect.stringContaining('m2'),
      },
    ],
  })
  expect(other.isClosed).toBe(true)
  expect(other.asked).toHaveLength(1)
  await opened.reconnect()
  expect((await opened.probe('login').run(sh`cat /a`)).stdout.toString()).toBe('right')
  expect(await opened.identity()).toMatchObject({ bootId: 'boot-right' })
})

test('a host that does not say which machine it is, is taken as it is', async () => {
  const { link } = linkTo([cut, sound])
  await (await link).reconnect()
  expect((await (await link).probe('login').run(sh`cat /a`)).stdout.toString()).toBe('a')
})

test('who it is, is asked again where the answer was lost with the first connection', async () => {
  const named = fakeConnection((text) => (text.includes('/etc/machine-id') ? 'm1\nb1\n' : ''), host)
  const { link, events } = linkTo([cut, named])
  const { identity } = await link
  expect(await Promise.all([identity(), identity()])).toMatchObject([{ machineId: 'm1' }, { machineId: 'm1' }])
  expect(events).toMatchObject([{ type: 'reconnecting', attempt: 1 }])
})
