import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { downLab, sshLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { TOPOLOGIES } from '../../lab/topologies.ts'
import { type Cli, cliAt } from '../lab/support/cli-at.ts'

// node test/scenarios/overhead.ts [ROUNDS [MAIN]]: what a diagnosis of three hosts takes beyond its window, as the bundle, in turn with the
// least that can be done: one ssh to each host at the same time that scrapes, sleeps for the window and scrapes; and with another bundle (its
// dist/main.js; it reads the runbooks of this checkout), to compare two versions in one run. Needs root, as the lab does.

const WINDOW_S = 3
const ROOT = path.join(import.meta.dirname, '../..')
const rounds = Number(process.argv[2] ?? 9)
const folder = mkdtempSync(path.join(tmpdir(), 'runbook-overhead-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })

/** Seconds beyond the window. */
async function beyond(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000 - WINDOW_S
}

const diagnosis = (cli: Cli) => async (): Promise<void> => {
  const options = ['--set', `window=${WINDOW_S}s`, '--set', 'packets=28', '--set', 'packets_every=100ms']
  const { code, stdout, stderr } = await cli.run('diagnose', 'etcd-slow-disk', '--json', ...options)
  if (code !== 0) throw new Error(stderr + stdout)
}

const bare = (): Promise<unknown> =>
  Promise.all(
    TOPOLOGIES.etcd3.hosts.map(({ name }) =>
      sshLab(
        name,
        [
          `look() { curl -s http://127.0.0.1:2379/metrics; cat /proc/diskstats /proc/stat; }; look; sleep ${WINDOW_S}; look`,
        ],
        settings,
      ),
    ),
  )

const told = (seconds: readonly number[]): string => {
  const sorted = seconds.toSorted((a, b) => a - b)
  return [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((one) => one?.toFixed(2)).join(' / ')
}

try {
  execFileSync(process.execPath, [path.join(ROOT, 'scripts/build.ts'), path.join(folder, 'dist')])
  for (const one of ['runbooks', 'package.json'])
    cpSync(path.join(ROOT, one), path.join(folder, one), { recursive: true })
  await upLab('etcd3', settings)
  const stateDir = path.join(folder, 'state')
  const mains = [path.join(folder, 'dist/main.js'), ...(process.argv[3] ? [path.resolve(process.argv[3])] : [])]
  const clis = mains.map((main) => cliAt({ settings, stateDir, main }))
  for (const cli of clis) await beyond(diagnosis(cli)) // what it compiles is kept for the others
  const rows: number[][] = []
  for (let round = 0; round < rounds; round += 1) {
    const row = [await beyond(bare)]
    for (const cli of clis) row.push(await beyond(diagnosis(cli)))
    rows.push(row)
  }
  const column = (at: number) => rows.map((row) => row[at] ?? Number.NaN)
  const less = (one: number, other: number) => rows.map((row) => (row[one] ?? 0) - (row[other] ?? 0))
  const lines = [
    `seconds beyond the window of ${WINDOW_S} s, min / median / max of ${rounds} rounds`,
    `bare     ${told(column(0))}`,
    `diagnose ${told(column(1))}`,
    `less     ${told(less(1, 0))}`,
    ...(clis[1] ? [`other    ${told(column(2))}`, `gained   ${told(less(2, 1))}`] : []),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
} finally {
  await downLab(settings)
  rmSync(folder, { recursive: true, force: true })
}
