/** `node test/lab/from-ansible/measure.ts [ROUNDS]`: how long both take, in turn, every second round the other way round. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { downLab, upLab } from '../../../lab/lab.ts'
import type { Outcome } from '../../../lab/run-tool.ts'
import { labSettings } from '../../../lab/settings.ts'
import { bothIn } from './both.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-measure-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const both = bothIn(folder, settings)

const PAIRS = {
  'a fresh host': [() => both.ansible(), () => both.runbook('apply', '--yes')],
  'once more, nothing to do': [() => both.ansible(), () => both.runbook('apply', '--yes')],
  'only looking, one setting differs': [
    () => both.ansible('--check', '--diff', '-e', 'http_port=8081'),
    () => both.runbook('plan', '--set', 'http_port=8081'),
  ],
} as const

async function seconds(work: () => Promise<Outcome>): Promise<number> {
  const started = performance.now()
  const { code, stdout, stderr } = await work()
  if (code !== 0) throw new Error(stdout + stderr)
  return (performance.now() - started) / 1000
}

try {
  await upLab('python', settings)
  for (let round = 0; round < Number(process.argv[2] ?? 5); round += 1) {
    await both.fresh()
    for (const [what, [ansible, runbook]] of Object.entries(PAIRS)) {
      const order = round % 2 === 0 ? [ansible, runbook] : [runbook, ansible]
      const times = new Map<() => Promise<Outcome>, number>()
      for (const work of order) times.set(work, await seconds(work))
      const [theirs, ours] = [times.get(ansible) ?? 0, times.get(runbook) ?? 1]
      process.stdout.write(`${what}: ${theirs.toFixed(2)} s / ${ours.toFixed(2)} s = ${(theirs / ours).toFixed(1)}\n`)
    }
  }
} finally {
  await downLab(settings)
  rmSync(folder, { recursive: true })
}
