import { expect, test } from 'vitest'
import { cutMatrix } from '../faults/cut-matrix.ts'
import { killMatrix } from '../faults/kill-matrix.ts'

// The bounded form of `npm run faults`, from one seed: what is red here, the change has made. Others are taken there.

const KILLS = 6
const CUTS = 1
const seed = 20261121

test(`killed ${KILLS} times, at records and inside of steps, each run is resumed to its end or undone exactly, nothing twice`, async () => {
  const told: string[] = []
  const { kills, wrong } = await killMatrix({ kills: KILLS, seed, lanes: 1, report: (line) => void told.push(line) })
  expect({ seed, told, wrong: wrong.map((ending) => ending.wrong) }).toEqual({ seed, told, wrong: [] })
  expect(kills).toBeGreaterThanOrEqual(KILLS)
})

test(`one of three hosts cut off at a boundary of the journal: the run ends as if nothing had happened, and is undone exactly`, async () => {
  const told: string[] = []
  const { endings, wrong } = await cutMatrix({ cuts: CUTS, seed, report: (line) => void told.push(line) })
  expect({ told, wrong }).toEqual({ told, wrong: [] })
  expect(endings).toBe(CUTS)
})
