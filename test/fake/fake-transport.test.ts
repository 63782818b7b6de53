import { expect, test } from 'vitest'
import { sh, withStdin } from '../../src/model/command.ts'
import { fakeConnection, fakeTransport } from './fake-transport.ts'

test('a fake host answers by the text of the command and records who asked what', async () => {
  const host = fakeConnection({ 'cat /a': 'hello\n', 'rm /a': { code: 1, stderr: 'no\n' } })
  expect((await host.probe('login').run(sh`cat ${'/a'}`)).stdout.toString()).toBe('hello\n')
  expect(await host.session('root').run(sh`rm /a`)).toMatchObject({ code: 1, truncated: false })
  expect([host.probed, host.ran]).toEqual([['cat /a'], ['rm /a']])
  expect(host.asked[1]).toEqual({ by: 'session', privilege: 'root', text: 'rm /a', stdin: '' })
})

test('a function may answer, sees standard input, and what it leaves open is command not found', async () => {
  const host = fakeConnection((text, { stdin }) => (text === 'cat' ? stdin : undefined))
  expect((await host.probe('login').run(withStdin(sh`cat`, 'abc'))).stdout.toString()).toBe('abc')
  expect((await host.probe('login').run(sh`other`)).code).toBe(127)
})

test('the fake transport opens the fake host of that name', async () => {
  const host = fakeConnection({})
  const endpoint = { host: host.host, transport: 'local', address: '', port: 22, user: '' } as const
  const opened = await fakeTransport([host]).open({
    ...endpoint,
    identityFiles: [],
    knownHostsFiles: [],
    connectTimeoutMs: 1,
  })
  await opened.close()
  expect(host.isClosed).toBe(true)
})
