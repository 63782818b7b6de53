import { connect } from 'node:http2'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Watched } from './watch.ts'

// Run by itself inside the lab's network: asks every member for a linearizable read all the time, and when told to
// stop (SIGTERM) prints as JSON how few answered at the worst moment.
//
// A member is healthy when it serves a linearizable read, which proves a quorum behind it (what `etcdctl endpoint
// health` asks). HTTP /health is no measure of that: it puts a proposal into the log, which etcd drops when leadership
// is handed over just then, and so says after a second that a member was ill that answered everybody else meanwhile.
// Like etcd's own client, this one asks again before it calls a member ill: `leader changed` is an answer to one read.

const { values, positionals: urls } = parseArgs({
  allowPositionals: true,
  options: {
    'answer-ms': { type: 'string', default: '2000' }, // a member without a quorum keeps a read waiting for seconds
    'pause-ms': { type: 'string', default: '20' },
  },
})
const quorum = Math.floor(urls.length / 2) + 1
const ANSWER_MS = Number(values['answer-ms'])
const PAUSE_MS = Number(values['pause-ms'])

// etcd's KV/Range for the key `health`, as a gRPC message: no compression, eight bytes, field 1.
const RANGE = '/etcdserverpb.KV/Range'
const message = Buffer.from([0, 0, 0, 0, 8, 0x0a, 6, ...Buffer.from('health')])

/** Undefined where the member served a linearizable read, else what it said. */
async function complaint(url: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const session = connect(url).on('error', (error) => resolve(error.message))
  const stream = session.request({
    ':method': 'POST',
    ':path': RANGE,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  const deadline = setTimeout(() => resolve(`no answer within ${ANSWER_MS} ms`), ANSWER_MS)
  const told = (headers: Readonly<Record<string, unknown>>): void => {
    const status = headers['grpc-status']
    if (status !== undefined) resolve(status === '0' ? undefined : String(headers['grpc-message']))
  }
  stream
    .on('response', told)
    .on('trailers', told)
    .on('error', (error) => resolve(error.message))
    .on('close', () => resolve('the connection was closed'))
    .resume()
    .end(message)
  try {
    return await promise
  } finally {
    clearTimeout(deadline)
    session.destroy()
  }
}

const seen = { reads: 0, fewest: urls.length, slowestMs: 0, withoutQuorum: [] as string[] } satisfies Watched
const ill = new Map<string, string>()
let stopped = false
process.on('SIGTERM', () => {
  stopped = true
})

function note(url: string, said: string | undefined): void {
  if (said === undefined) {
    ill.delete(url)
    return
  }
  ill.set(url, said)
  const healthy = urls.length - ill.size
  seen.fewest = Math.min(seen.fewest, healthy)
  if (healthy < quorum) seen.withoutQuorum.push(`${new Date().toISOString()} ${JSON.stringify([...ill])}`)
}

async function watch(url: string): Promise<void> {
  while (!stopped) {
    const started = performance.now()
    const first = await complaint(url)
    if (first === undefined) seen.slowestMs = Math.max(seen.slowestMs, Math.round(performance.now() - started))
    note(url, first === undefined ? undefined : await complaint(url))
    seen.reads += 1
    await delay(PAUSE_MS)
  }
}

console.log('watching')
await Promise.all(urls.map(watch))
console.log(JSON.stringify(seen))
