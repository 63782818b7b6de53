import process from 'node:process'

// Run by itself inside the lab's network: asks every member for its health all the time, and when told to stop
// (SIGTERM) prints as JSON how few were healthy at the worst moment.

const urls = process.argv.slice(2)
const quorum = Math.floor(urls.length / 2) + 1
const seen = { polls: 0, fewest: urls.length, withoutQuorum: [] as string[] }
let stopped = false
process.on('SIGTERM', () => {
  stopped = true
})

/** /health proves quorum: the member answers true only after a linearizable read. */
async function isHealthy(url: string): Promise<boolean> {
  try {
    const reply = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) })
    return ((await reply.json()) as { health?: string }).health === 'true' // etcd's documented answer
  } catch {
    return false
  }
}

console.log('watching')
while (!stopped) {
  const healthy = await Promise.all(urls.map(isHealthy))
  const count = healthy.filter(Boolean).length
  seen.polls += 1
  seen.fewest = Math.min(seen.fewest, count)
  if (count < quorum) seen.withoutQuorum.push(`${new Date().toISOString()} ${count} healthy`)
}
console.log(JSON.stringify(seen))
