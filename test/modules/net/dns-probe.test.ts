import { createSocket, type Socket } from 'node:dgram'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { decode, encode } from 'dns-packet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../../../src/model/transport.ts'
import { dnsAnswer, dnsQuery } from '../../../src/modules/net/dns-message.ts'
import { dnsProbe } from '../../../src/modules/net/dns-probe.ts'
import { lawHostOver, openLocal } from '../law-host.ts'

/** A name server on loopback: knows a name, fails for another, and does not answer the first packet of a third. */
async function nameServer(): Promise<{ readonly port: number; readonly socket: Socket }> {
  const socket = createSocket('udp4')
  let lost = 0
  socket.on('message', (message, { port, address }) => {
    const { id, questions = [] } = decode(message)
    const name = questions[0]?.name ?? ''
    if (name === 'lost.example.com' && lost++ === 0) return
    const answers = /^(known|lost|kubernetes)\./.test(name)
      ? questions[0]?.type === 'AAAA'
        ? [{ type: 'AAAA' as const, name, ttl: 60, data: '2001:db8::5' }]
        : [{ type: 'A' as const, name, ttl: 60, data: '10.0.0.5' }]
      : []
    const rcode = name.startsWith('fails.') ? 2 : answers.length > 0 ? 0 : 3
    socket.send(encode({ type: 'response', id: id ?? 0, flags: rcode, questions, answers }), port, address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return { port: socket.address().port, socket }
}

describe('name servers', () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'dns-'))
  let connection: Connection
  let server: Awaited<ReturnType<typeof nameServer>>
  beforeAll(async () => {
    ;[connection, server] = await Promise.all([openLocal(), nameServer()])
  })
  afterAll(async () => {
    server.socket.close()
    await connection.close()
    rmSync(scratch, { recursive: true })
  })

  const ask = async (name: string | readonly string[], more: object = {}) => {
    const probe = lawHostOver(connection, { name: 'local', offers: [], scratch }).probe()
    const args = { name: typeof name === 'string' ? name : [...name], servers: [`127.0.0.1:${server.port}`], ...more }
    return dnsProbe.plan(args, await dnsProbe.read(args, probe))
  }

  test('are heard, each for itself', async () => {
    expect(await ask('known.example.com', { expect: '10.0.0.5', value: 'wrong' })).toMatchObject({
      kind: 'noop',
      summary: 'known.example.com: 10.0.0.5 for all of 1 name servers',
      output: { value: 0, servers: [{ code: 'NOERROR', addresses: ['10.0.0.5'] }] },
    })
  })

  test('are asked for each of several names, and the one that is not known is told', async () => {
    expect(await ask(['known.example.com', 'kubernetes.example.com'], { expect: '10.0.0.5' })).toMatchObject({
      summary: 'known.example.com, kubernetes.example.com: 10.0.0.5 for all of 1 name servers',
      output: { wrong: 0 },
    })
    expect(await ask(['known.example.com', 'none.example.com'], { expect: '10.0.0.5' })).toMatchObject({
      summary: `none.example.com: 127.0.0.1:${server.port} says NXDOMAIN`,
      output: { wrong: 1, servers: [{ name: 'known.example.com' }, { name: 'none.example.com', code: 'NXDOMAIN' }] },
    })
  })

  test('may write an address of IPv6 otherwise', async () => {
    const same = { type: 'AAAA', expect: '2001:DB8:0:0:0:0:0:5' }
    expect(await ask('known.example.com', same)).toMatchObject({ output: { wrong: 0 } })
    expect(await ask('known.example.com', { ...same, expect: '2001:db8::6' })).toMatchObject({ output: { wrong: 1 } })
  })

  test('get a question in one packet, also where a label is ten letters long', async () => {
    expect(await ask('kubernetes.example.com')).toMatchObject({ output: { wrong: 0 } })
  })

  test('are asked again where a packet is lost', async () => {
    expect(await ask('lost.example.com')).toMatchObject({ output: { wrong: 0 } })
  })

  test('that know nothing, fail, or are not there are told with what they said', async () => {
    const servers = [`127.0.0.1:${server.port}`, '127.0.0.1:1']
    expect(await ask('none.example.com', { servers })).toMatchObject({
      output: { wrong: 2, servers: [{ code: 'NXDOMAIN' }, { code: 'none' }] },
    })
    expect(await ask('fails.example.com', { required: true })).toMatchObject({
      kind: 'blocked',
      message: `fails.example.com: 127.0.0.1:${server.port} says SERVFAIL`,
    })
    expect(await ask('known.example.com', { expect: '10.0.0.6', required: true })).toMatchObject({ kind: 'blocked' })
  })
})

test('what is no answer to the question is none', () => {
  expect(dnsAnswer(new Uint8Array(), 'A', 1)).toBeUndefined()
  expect(dnsAnswer(dnsQuery('a.example', 'A', 1), 'A', 1)).toBeUndefined()
  expect(dnsAnswer(encode({ type: 'response', id: 2 }), 'A', 1)).toBeUndefined()
})
