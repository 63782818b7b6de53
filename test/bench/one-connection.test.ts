import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countOneRun } from '../../bench/count-one-run.ts'
import type { BenchHost } from '../../bench/host.ts'
import { startPrivateSshd } from '../../bench/private-sshd.ts'
import { planContestant } from '../../bench/runbook-contestant.ts'
import { openScratch } from '../../bench/scratch.ts'
import { seedScript, workloadFor } from '../../bench/workload.ts'

const program = join(import.meta.dirname, '../../src/main.ts')
const canServe = process.getuid?.() === 0 && existsSync('/usr/sbin/sshd')

describe.skipIf(!canServe)('a plan of twenty steps, seen by a real sshd (needs root and openssh-server)', () => {
  const scratch = openScratch()
  let host: BenchHost

  beforeAll(async () => {
    host = await startPrivateSshd(scratch.make('sshd'))
  })
  afterAll(async () => {
    await host.stop()
    scratch.remove()
  })

  it('takes one connection and one session channel when it logs in as root', { timeout: 60_000 }, async () => {
    const folder = scratch.make('work')
    const workload = workloadFor(host)
    await host.runScript(seedScript(host, workload))
    const counts = await countOneRun(host, planContestant({ program, host, workload, folder }), folder)
    expect(counts).toEqual({ connections: 1, channels: 1 })
  })
})
