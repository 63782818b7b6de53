import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '../..')
const MIB = 1024 * 1024

/** Lines as etcd and Kubernetes write them, 4 MiB; each time with other ids and times. */
function text(round: number): string {
  const lines: string[] = []
  for (let size = 0, at = 0; size < 4 * MIB; at += 1) {
    const id = ((round * 7919 + at) * 2654435761).toString(16).padStart(16, '0')
    const [ms, time] = [100 + ((round + at) % 900), `2026-11-20T14:00:${String(at % 60).padStart(2, '0')}.5Z`]
    const json = {
      level: 'warn',
      ts: time,
      msg: 'apply request took too long',
      took: `${ms}ms`,
      request: `key:"${id}"`,
    }
    const line =
      at % 2 === 0
        ? `${time} stderr F ${JSON.stringify(json)}`
        : `Nov 20 14:00:00 n1 etcd[9]: read-only range request "key:\\"/registry/${id}\\"" with result "size:5" took too long (${ms}.5ms) to execute`
    size += line.length + 1
    lines.push(line)
  }
  return `${lines.join('\n')}\n`
}

const folder = mkdtempSync(path.join(tmpdir(), 'match-memory-'))
beforeAll(() => {
  execFileSync(process.execPath, [path.join(ROOT, 'scripts/build.ts'), path.join(folder, 'dist')])
  symlinkSync(path.join(ROOT, 'runbooks'), path.join(folder, 'runbooks'))
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('512 MiB of a log are matched below 100 MiB of memory', async () => {
  const texts = Array.from({ length: 8 }, (_, round) => text(round))
  const child = spawn(process.execPath, [path.join(folder, 'dist/main.js'), 'match', '-', '--json'], {
    env: { HOME: folder, PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [ended, told] = [once(child, 'exit'), child.stdout.toArray()]
  for (let round = 0; round < 128; round += 1)
    if (!child.stdin.write(texts[round % texts.length])) await once(child.stdin, 'drain')
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024
  child.stdin.end()
  await ended
  const { lines, matched } = JSON.parse((await told).join(''))
  expect(lines).toBe(16 * texts.reduce((sum, one) => sum + one.split('\n').length - 1, 0))
  expect(matched).toBe(lines)
  expect(peak).toBeLessThan(100)
}, 180_000)
