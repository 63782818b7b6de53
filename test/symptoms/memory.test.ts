import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

const ROOM = path.join(import.meta.dirname, '../../src/symptoms')

/** Counts 64 MiB of lines, each of another kind, and says how many. */
const COUNTING = `
const { eachLine } = await import('${ROOM}/each-line.ts')
const { makeTallying } = await import('${ROOM}/tally.ts')
const tallying = makeTallying([{ name: 'x', summary: '', symptoms: ['disk is full'] }])
async function* megabytes() {
  for (let at = 0; at < 64; at += 1) {
    const word = (n) => n.toString(26).replaceAll(/\\d/g, (digit) => 'qrstuvwxyz'[digit])
    const lines = Array.from({ length: 1024 }, (_, n) => word(at * 1024 + n) + ': disk is full ' + 'x'.repeat(1000))
    yield Buffer.from(lines.join('\\n') + '\\n')
  }
}
await eachLine(megabytes(), tallying.take)
console.log(tallying.result().matched)
`

test('64 MiB of lines of 65,536 kinds are counted in a heap of 24 MiB', () => {
  const flags = ['--max-old-space-size=24', '--input-type=module', '-e', COUNTING]
  expect(execFileSync(process.execPath, flags, { encoding: 'utf8' })).toBe('65536\n')
}, 60_000)
