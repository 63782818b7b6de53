import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readScript } from '../../bench/bare-contestant.ts'
import { seedScript, workloadFor } from '../../bench/workload.ts'

let scratch = ''
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'runbook-bench-test-'))
})
afterEach(() => rmSync(scratch, { recursive: true }))

it('is twenty steps: 8 files, 4 edits, 4 commands, 2 services, and 2 looks that each contestant adds', () => {
  const { files, edits, commands, services } = workloadFor({ name: 'h1', folder: '/opt/w1', units: undefined })
  const kinds = [files, edits, commands, services.kind === 'units' ? services.units : services.commands]
  expect(kinds.map((kind) => kind.length)).toEqual([8, 4, 4, 2])
})

it('leaves nothing to do on a host that was seeded for it', () => {
  const host = { name: 'h1', folder: join(scratch, 'host'), units: undefined }
  const workload = workloadFor(host)
  execFileSync('/bin/sh', ['-e'], { input: seedScript(host, workload) })
  const reply = execFileSync('/bin/sh', { input: readScript(workload), encoding: 'utf8' })
  expect(reply.match(/^done: /gm)).toHaveLength(6)
})
