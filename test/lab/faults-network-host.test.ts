import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { hostMatrix } from '../faults/host.ts'
import { networkMatrix } from '../faults/network.ts'
import type { Ending } from '../faults/scenario.ts'

// A sick network, sick hosts and a sick controller, bounded; `npm run faults` runs all scenarios.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const seed = 71259 // one, as in faults.test.ts
const options = { settings, form: 'bounded', seed, tell: (line: string) => console.log(line) } as const
const wrong = (endings: readonly Ending[]) => endings.filter(({ error }) => error !== undefined)

beforeAll(async () => {
  await upLab('mods', settings)
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true, force: true })
})

test(`every scenario of the network ends right (seed ${seed})`, async () => {
  expect(wrong(await networkMatrix(options))).toEqual([])
})

test('every scenario of hosts and the controller ends right', async () => {
  expect(wrong(await hostMatrix(options))).toEqual([])
})
