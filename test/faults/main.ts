import process from 'node:process'
import { parseArgs } from 'node:util'
import { figuresText, killMatrix } from './kill-matrix.ts'

// `npm run faults`: every fault on real hosts, in full. Needs root, as the lab does.
//   --kills N     until so many have hit (200)    --seed S   where, and in which order (told, so that it can be repeated)
//   --only NAME   kill | one trial as kill-17      --lanes N  labs side by side (2)      --evidence DIR  of wrong endings

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    only: { type: 'string' },
    lanes: { type: 'string', default: '2' },
    evidence: { type: 'string' },
  },
})
const report = (line: string): void => void process.stderr.write(`${line}\n`)
const seed = Number(values.seed)
report(`seed ${seed}`)
const began = performance.now()
const { only, evidence } = values
const figures = await killMatrix({
  kills: Number(values.kills),
  seed,
  lanes: Number(values.lanes),
  report,
  ...(only?.startsWith('kill-') ? { only: Number(only.slice(5)) - 1 } : {}),
  ...(evidence === undefined ? {} : { evidence }),
})
process.stdout.write(`${figuresText(figures)}; seed ${seed}, ${Math.round((performance.now() - began) / 1000)} s\n`)
process.exitCode = figures.wrong.length === 0 && figures.endings > 0 ? 0 : 1
