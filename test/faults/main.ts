import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { downLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { cutMatrix } from './cut-matrix.ts'
import { hostMatrix } from './host.ts'
import { figuresText, killMatrix } from './kill-matrix.ts'
import { networkMatrix } from './network.ts'
import type { Ending, MatrixOptions } from './scenario.ts'
import { printTable } from './table.ts'

// `npm run faults`: every fault on real hosts, in full. Needs root, as the lab does.
//   --kills N     until so many have hit (200)   --seed S   where, and in which order (told, so that it can be repeated)
//   --only NAME   a matrix: kill, cut, network, host; one killed run: kill-17; else a part of a scenario's name
//   --lanes N     labs side by side (2)          --evidence DIR   for all that a wrong ending left
//   --table       what is promised, row by row, with the tests that prove it; from --report FILE... of vitest, else run now

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    only: { type: 'string', default: '' },
    lanes: { type: 'string', default: '2' },
    evidence: { type: 'string' },
    table: { type: 'boolean', default: false },
    report: { type: 'string', multiple: true, default: [] },
  },
})
const tell = (line: string): void => void process.stderr.write(`${line}\n`)
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const seed = Number(values.seed)

let stopped = false // Ctrl-C: what has begun is ended, and told
process.once('SIGINT', () => {
  stopped = true
})

/** Each matrix by its name: true where everything ended right, and there was something. */
const MATRICES: Readonly<Record<string, (only: string) => Promise<boolean>>> = {
  kill: killed,
  cut: cutOff,
  network: (only) => onLab(networkMatrix, only),
  host: (only) => onLab(hostMatrix, only),
}

async function killed(only: string): Promise<boolean> {
  const trial = /^kill-(\d+)$/.exec(only)?.[1]
  const figures = await killMatrix({
    kills: Number(values.kills),
    seed,
    lanes: trial === undefined ? Number(values.lanes) : 1,
    report: tell,
    isStopped: () => stopped,
    ...(trial === undefined ? {} : { only: Number(trial) - 1 }),
    ...(values.evidence === undefined ? {} : { evidence: values.evidence }),
  })
  print(`${figuresText(figures)}; seed ${seed}`)
  return figures.wrong.length === 0 && figures.endings > 0
}

/** One of three hosts is cut off at each boundary of the journal. */
async function cutOff(): Promise<boolean> {
  const { cuts, endings, wrong } = await cutMatrix({ seed, report: tell, isStopped: () => stopped })
  print(
    `cuts: ${cuts} in ${endings} runs on three hosts, ${wrong.length === 0 ? 'all right' : `WRONG: ${wrong.length} lines`}; seed ${seed}`,
  )
  return wrong.length === 0 && endings > 0
}

async function onLab(matrix: (options: MatrixOptions) => Promise<readonly Ending[]>, only: string): Promise<boolean> {
  const folder = mkdtempSync(path.join(tmpdir(), 'runbook-faults-'))
  const settings = labSettings({}, { stateDir: folder })
  try {
    await upLab('mods', settings)
    const endings = await matrix({ settings, form: 'full', seed, only, tell: print })
    return endings.length > 0 && endings.every(({ error }) => error === undefined)
  } finally {
    await downLab(settings)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Matrices without named scenarios. */
const ALONE = new Set(['kill', 'cut'])

/** The matrices that are asked for, each with what to pick of it. */
function chosen(only: string): readonly (readonly [string, string])[] {
  if (only === '') return Object.keys(MATRICES).map((name) => [name, ''])
  const [matrix = ''] = only.split('-')
  if (Object.hasOwn(MATRICES, matrix)) return [[matrix, only === matrix ? '' : only]]
  return Object.keys(MATRICES).flatMap((name) => (ALONE.has(name) ? [] : [[name, only] as const]))
}

if (values.table) {
  process.exit(printTable(values.report, print) ? 0 : 1)
}
tell(`seed ${seed}`)
const results: boolean[] = []
for (const [name, only] of chosen(values.only)) results.push((await MATRICES[name]?.(only)) ?? false)
process.exitCode = results.every(Boolean) ? 0 : 1
