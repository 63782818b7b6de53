import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countOneRun } from '../../bench/count-one-run.ts'
import { startLabHost } from '../../bench/lab-host.ts'
import { planContestant } from '../../bench/runbook-contestant.ts'
import { openScratch } from '../../bench/scratch.ts'
import type { SessionCounts } from '../../bench/session-log.ts'
import { seedScript, workloadFor } from '../../bench/workload.ts'
import { downLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'

const program = join(import.meta.dirname, '../../src/main.ts')
const settings = labSettings(process.env, { stateDir: join(tmpdir(), 'runbook-lab-one-connection') })

describe('a plan of twenty steps on a host with systemd', () => {
  const scratch = openScratch()

  beforeAll(async () => {
    await upLab('one', settings)
  })
  afterAll(async () => {
    await downLab(settings)
    rmSync(settings.stateDir, { recursive: true, force: true })
    scratch.remove()
  })

  it('takes one connection and one session channel when it logs in as root', async () => {
    expect(await countPlanAs('root')).toEqual({ connections: 1, channels: 1 })
  })

  it('takes one connection and one session channel for each privilege when a user becomes root by sudo', async () => {
    expect(await countPlanAs('ops')).toEqual({ connections: 1, channels: 2 })
  })

  async function countPlanAs(user: string): Promise<SessionCounts> {
    const folder = scratch.make(user)
    const host = await startLabHost(folder, user, settings)
    try {
      const workload = workloadFor(host)
      await host.runScript(seedScript(host, workload))
      return await countOneRun(host, planContestant({ program, host, workload, folder }), folder)
    } finally {
      await host.stop()
    }
  }
})
