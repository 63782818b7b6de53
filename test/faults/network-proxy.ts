import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/**
 * Runs inside the lab's network: `node network-proxy.ts PORT HOST:PORT` passes connections on. It prints a line of JSON
 * for each connection that it takes, and obeys lines of JSON on its standard input:
 *   {"to": "HOST:PORT"}            later connections go there
 *   {"cut": {"from": "host" | "program", "bytes": N, "connection": N}}   reset both sides when so many bytes have passed
 *   {"now": true}                  reset all that stand
 *   {"pace": {"bytes": N, "ms": M}}   later connections: at most N bytes every M ms, each way
 * Not meant to be called by people.
 */
interface Order {
  readonly to?: string
  readonly cut?: { readonly from: 'host' | 'program'; readonly bytes: number; readonly connection: number }
  readonly now?: true
  readonly pace?: { readonly bytes: number; readonly ms: number }
}

const [port, first = ''] = process.argv.slice(2)
const orders: { -readonly [name in keyof Order]: Order[name] } = { to: first }
const open = new Set<() => void>()
let count = 0

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const order = JSON.parse(line) as Order // written by network-detour.ts
    if (order.now) for (const cut of open) cut()
    else Object.assign(orders, order)
  })
  .on('close', () => process.exit())

createServer((program) => {
  count += 1
  const number = count
  const [address = '', to] = (orders.to ?? '').split(':')
  const host = connect(Number(to), address)
  const cut = (): void => {
    open.delete(cut)
    program.resetAndDestroy()
    host.resetAndDestroy()
    console.log(JSON.stringify({ cut: number }))
  }
  open.add(cut)
  for (const socket of [program, host]) socket.setNoDelay(true).on('error', () => undefined)
  const side = (from: 'host' | 'program', [source, sink]: readonly [Socket, Socket]): void => {
    let passed = 0
    const { pace } = orders
    const pass = async (chunk: Buffer): Promise<void> => {
      const limit = orders.cut?.from === from && orders.cut.connection === number ? orders.cut.bytes : Infinity
      sink.write(chunk.subarray(0, Math.max(0, limit - passed)))
      passed += chunk.length
      if (passed >= limit) cut()
    }
    source.on('data', async (chunk: Buffer) => {
      if (!pace) return pass(chunk)
      source.pause()
      for (let at = 0; at < chunk.length; at += pace.bytes) {
        await pass(chunk.subarray(at, at + pace.bytes))
        await new Promise((resolve) => setTimeout(resolve, pace.ms))
      }
      source.resume()
    })
    source.on('end', () => sink.end())
    source.on('close', () => open.delete(cut))
  }
  side('program', [program, host])
  side('host', [host, program])
  console.log(JSON.stringify({ taken: number }))
}).listen(Number(port), '10.77.0.1', () => console.log(JSON.stringify({ listening: true })))
