import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { Kept } from './keys.ts'

// Run by itself inside the lab's network: puts numbered keys all the time, each until some member acknowledges it or its tries are
// over, and when told to stop (SIGTERM) reads all of them back and prints as JSON which of the acknowledged ones are lost.

const urls = process.argv.slice(2)
const prefix = 'kept/'
const PAUSE_MS = 20
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const keyOf = (number: number): string => `${prefix}${String(number).padStart(8, '0')}`

async function ask(url: string, path: string, body: object): Promise<unknown> {
  const reply = await fetch(`${url}/v3/kv/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5000),
  })
  if (!reply.ok) throw new Error(`${url}: ${reply.status} ${await reply.text()}`)
  return reply.json()
}

/** One try on each member in turn; the answer of the first that gives one. */
async function askAny(path: string, body: object, start: number): Promise<unknown> {
  let last: unknown
  for (let turn = 0; turn < urls.length; turn += 1) {
    try {
      return await ask(urls[(start + turn) % urls.length] ?? '', path, body)
    } catch (error) {
      last = error
    }
  }
  throw last
}

let stopped = false
process.on('SIGTERM', () => {
  stopped = true
})

const acknowledged: number[] = []
let refused = 0
let longestMs = 0
async function write(first: number, step: number): Promise<void> {
  for (let number = first; !stopped; number += step) {
    const started = performance.now()
    try {
      await askAny('put', { key: base64(keyOf(number)), value: base64(String(number)) }, number)
      acknowledged.push(number)
    } catch {
      refused += 1
    }
    longestMs = Math.max(longestMs, Math.round(performance.now() - started))
    await delay(PAUSE_MS)
  }
}

/** All keys that a linearizable read of a member gives. */
async function readAll(url: string): Promise<ReadonlyMap<string, string>> {
  const end = base64(`${prefix.slice(0, -1)}0`) // the character after /
  const reply = (await ask(url, 'range', { key: base64(prefix), range_end: end })) as {
    readonly kvs?: readonly { readonly key: string; readonly value: string }[]
  } // etcd's RangeResponse
  const text = (value: string): string => Buffer.from(value, 'base64').toString('utf8')
  return new Map((reply.kvs ?? []).map(({ key, value }) => [text(key), text(value)]))
}

console.log('writing')
await Promise.all([write(1, 2), write(2, 2)])
const lost: string[] = []
for (const url of urls) {
  const found = await readAll(url)
  for (const number of acknowledged)
    if (found.get(keyOf(number)) !== String(number)) lost.push(`${keyOf(number)} on ${url}`)
}
const kept: Kept = { acknowledged: acknowledged.length, refused, longestMs, lost }
console.log(JSON.stringify(kept))
