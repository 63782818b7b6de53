import { randomBytes } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { rawText, sh, withStdin } from '../../src/model/command.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Connection } from '../../src/model/transport.ts'
import type { OpenChannel } from '../../src/transport/channel.ts'
import { createConnection } from '../../src/transport/connection.ts'
import { newNonceFrom } from '../../src/transport/nonce.ts'
import { connectionTo, localEndpoint } from './shells.ts'

const opened: Connection[] = []
const connect = (...args: Parameters<typeof connectionTo>): ReturnType<typeof connectionTo> => {
  const connection = connectionTo(...args)
  opened.push(connection)
  return connection
}
afterAll(() => Promise.all(opened.map((connection) => connection.close())))

const numbers = Array.from({ length: 20 }, (_, index) => index)

test('probes of one tick go out as one write, on one shell, with its hello', async () => {
  const host = connect('dash')
  const replies = await Promise.all(numbers.map((number) => host.probe('login').run(sh`echo ${number}`)))
  expect(replies.map((reply) => reply.stdout.toString())).toEqual(numbers.map((number) => `${number}\n`))
  expect([host.writes.length, host.channels.length]).toEqual([1, 1])
})

test('promises that are ready in the same tick still join', async () => {
  const host = connect('dash')
  const late = async (): Promise<unknown> => {
    for (const _ of numbers) await Promise.resolve()
    return host.probe('login').run(sh`echo late`)
  }
  await Promise.all([host.probe('login').run(sh`echo early`), late()])
  expect(host.writes.length).toBe(1)
})

test('what is asked on from the replies of a batch goes out as the next batch', async () => {
  const host = connect('dash')
  const twice = async (): Promise<void> => {
    await host.probe('login').run(sh`true`)
    await host.probe('login').run(sh`true`)
  }
  await Promise.all(numbers.map(twice))
  expect(host.writes.length).toBeLessThanOrEqual(1 + numbers.length)
  expect(host.channels.length).toBe(1)
})

test('a second batch does not wait for the first', async () => {
  const host = connect('dash')
  await host.probe('login').run(sh`mkfifo gate`)
  const first = host.probe('login').run(rawText('cat gate'))
  await new Promise(setImmediate)
  const second = host.probe('login').run(sh`echo second`)
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  expect(host.writes.length).toBe(3)
  const opener = connect('dash')
  await opener.session('login').run(sh`echo go >${host.home}/gate`)
  expect((await first).stdout.toString()).toBe('go\n')
  expect((await second).stdout.toString()).toBe('second\n')
})

test('a session does one command at a time, in the order asked', async () => {
  const host = connect('dash')
  const order: string[] = []
  const run = async (name: string): Promise<void> => {
    await host.session('login').run(sh`echo ${name}`)
    order.push(`${name} after ${host.writes.length} writes`)
  }
  await Promise.all([run('a'), run('b'), run('c')])
  expect(order).toEqual(['a after 1 writes', 'b after 2 writes', 'c after 3 writes'])
})

test('probes and sessions share a shell and keep their order', async () => {
  const host = connect('dash')
  const log = (name: string) => sh`echo ${name} >>log`
  await Promise.all([
    host.probe('login').run(log('1')),
    host.session('login').run(log('2')),
    host.probe('root').run(log('3')), // root is logged in: no second shell
    host.session('root').run(log('4')),
  ])
  expect((await host.probe('login').run(sh`cat log`)).stdout.toString()).toBe('1\n2\n3\n4\n')
  expect(host.channels.length).toBe(1)
})

test("a command's time counts from when the host comes to it", async () => {
  const host = connect('dash')
  const slow = host.probe('login').run(rawText('sleep 1.5'))
  const quick = host.probe('login').run(rawText('echo quick'), { timeoutMs: 1000 })
  await slow
  expect((await quick).stdout.toString()).toBe('quick\n')
})

test('noise of start-up files is not output', async () => {
  const host = connect('dash', { prelude: 'echo Welcome; echo oops >&2; printf "half a line"' })
  const reply = await host.probe('login').run(rawText('echo clean; echo err >&2'))
  expect([reply.stdout.toString(), reply.stderr.toString()]).toEqual(['clean\n', 'err\n'])
})

test('a login without a shell is told with what it said', async () => {
  const host = connect('dash', { prelude: 'echo This account is currently not available.; exit 1' })
  const both = await Promise.allSettled([host.probe('login').run(sh`true`), host.session('login').run(sh`true`)])
  for (const one of both) {
    expect(one).toMatchObject({
      status: 'rejected',
      reason: { problems: [{ kind: 'unreachable', detail: 'This account is currently not available.' }] },
    })
  }
})

test('a login that says nothing is given up after the time to connect', async () => {
  const host = connect('dash', { prelude: 'sleep 100', endpoint: { connectTimeoutMs: 200 } })
  await expect(host.probe('login').run(sh`true`)).rejects.toMatchObject({
    problems: [
      { kind: 'unreachable', message: 'root may log in to here, but got no shell: it did not answer within 200 ms' },
    ],
  })
})

test('missing sudo is told as such', async () => {
  const host = connect('dash', { path: '/nowhere', endpoint: { user: 'ops' } })
  await expect(host.probe('root').run(sh`true`)).rejects.toMatchObject({
    problems: [{ kind: 'become', message: 'there is no sudo on here, and ops is not root' }],
  })
  expect((await host.probe('login').run(sh`echo fine`)).stdout.toString()).toBe('fine\n')
})

test('closing rejects what is not done, and all that comes after', async () => {
  const host = connect('dash')
  const running = host.session('login').run(rawText('sleep 100'))
  const waiting = host.session('login').run(rawText('true'))
  const settled = Promise.allSettled([running, waiting])
  await new Promise(setImmediate)
  await host.close()
  const interrupted = { status: 'rejected', reason: { problems: [{ kind: 'interrupted' }] } }
  expect(await settled).toMatchObject([interrupted, interrupted])
  await expect(host.probe('login').run(sh`true`)).rejects.toMatchObject({ problems: [{ kind: 'interrupted' }] })
})

test('problems name the command without its secrets', async () => {
  const host = connect('dash')
  const secret = new Secret('canary-4711')
  const running = host.session('login').run(withStdin(sh`: ${secret}; sleep 100`, secret), { timeoutMs: 100 })
  const problem = await running.catch((error: unknown) => JSON.stringify(error) + String(error))
  expect(problem).toContain('***; sleep 100')
  expect(problem).not.toContain('canary')
})

test('neither a secret nor the nonce of the frames is seen in a process list', async () => {
  const host = connect('dash')
  const secret = new Secret('canary-0815')
  const listing = sh`cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' ' '`
  const command = { parts: [...sh`x=${secret}; cat >/dev/null; `.parts, ...listing.parts] }
  const reply = await host.session('root').run(withStdin(command, secret), { limitBytes: 10_000_000 })
  const nonce = /__runbook_mark ([0-9a-f]{32}) 0/.exec(host.writes.join(''))?.[1] ?? 'none'
  expect(reply.stdout.toString('latin1')).toContain('/proc')
  expect(reply.stdout.includes('canary-0815')).toBe(false)
  expect(reply.stdout.includes(nonce)).toBe(false)
})

test('a question that comes before the channel is handed over is answered', async () => {
  const written: string[] = []
  const openChannel: OpenChannel = (command, listener) => {
    listener.stderr(Buffer.from(/\[runbook \w+\] /.exec(command)?.[0] ?? ''))
    const write = (bytes: Uint8Array): void => {
      written.push(Buffer.from(bytes).toString())
      listener.ended({ code: 1 })
    }
    return Promise.resolve({ write, end: () => {}, close: () => {} })
  }
  const endpoint = { ...localEndpoint, user: 'ops', becomePassword: new Secret('open sesame') }
  const line = { openChannel, lossOf: () => undefined, close: () => Promise.resolve() }
  const host = createConnection(endpoint, line, newNonceFrom(randomBytes))
  await expect(host.probe('root').run(sh`true`)).rejects.toMatchObject({ problems: [{ kind: 'become' }] })
  expect(written).toEqual(['open sesame\n'])
})
