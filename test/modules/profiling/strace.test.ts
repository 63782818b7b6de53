import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../../../src/model/transport.ts'
import { straceSample } from '../../../src/modules/profiling/strace-sample.ts'
import { callCounts } from '../../../src/modules/profiling/strace-table.ts'
import { lawHostOver, openLocal } from '../law-host.ts'

const fixture = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, '../../fixtures/profiles', name), 'utf8')

describe('the table of strace', () => {
  test('is read with calls and errors', () => {
    const calls = callCounts(fixture('strace-c-f-etcd-3s-load.txt'))
    expect(calls[0]).toEqual({ name: 'futex', seconds: 1.09381, calls: 2576, errors: 137 })
    expect(calls.find(({ name }) => name === 'fdatasync')).toEqual({
      name: 'fdatasync',
      seconds: 0.067133,
      calls: 365,
      errors: 0,
    })
    expect(calls.some(({ name }) => name === 'total')).toBe(false)
  })

  test('of the first thread alone shows a small part of what all threads did', () => {
    const syncs = (name: string) => callCounts(fixture(name)).find((one) => one.name === 'fdatasync')?.calls
    expect([syncs('strace-c-nofollow-etcd-2s-load.txt'), syncs('strace-c-f-etcd-3s-load.txt')]).toEqual([9, 365])
  })

  test('is empty where strace said something else', () => {
    expect(callCounts('strace: attach: ptrace(PTRACE_SEIZE, 7): Operation not permitted\n')).toEqual([])
  })
})

const has = (tool: string): boolean => {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${tool}`])
    return true
  } catch {
    return false
  }
}

describe.runIf(has('strace') && process.getuid?.() === 0)('a real process', () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'strace-'))
  let connection: Connection
  let busy: ChildProcess
  beforeAll(async () => {
    connection = await openLocal()
    busy = spawn('/bin/sh', ['-c', 'while :; do read -r x </proc/uptime; done'], { stdio: 'ignore' })
    await new Promise((resolve) => busy.once('spawn', resolve))
  })
  afterAll(async () => {
    busy.kill()
    await connection.close()
    rmSync(scratch, { recursive: true })
  })

  test('is counted, and goes on untraced', async () => {
    const host = lawHostOver(connection, { name: 'local', offers: [], scratch })
    const args = { pid: busy.pid ?? 0, seconds: 1 }
    const decision = straceSample.plan(args, await straceSample.read(args, host.probe()))
    if (decision.kind !== 'change') throw new Error(`not a change: ${JSON.stringify(decision)}`)
    expect(decision.change.summary).toBe(`count the system calls of sh (${busy.pid}) for 1 s`)
    const output = await straceSample.apply?.(args, decision.change, host.session(scratch))
    const { calls } = output as { readonly calls: readonly { readonly name: string; readonly calls: number }[] }
    expect(calls.find(({ name }) => name === 'openat')?.calls).toBeGreaterThan(10)
    expect(readFileSync(`/proc/${busy.pid}/status`, 'utf8')).toMatch(/^TracerPid:\t0$/m)
    expect(readFileSync(`/proc/${busy.pid}/status`, 'utf8')).toMatch(/^State:\t[RS]/m)
  })
})
