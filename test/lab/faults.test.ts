import { expect, test } from 'vitest'
import { killMatrix } from '../faults/kill-matrix.ts'

// The bounded form of `npm run faults`, from one seed: what is red here, the change has made. Others are taken there.

const KILLS = 8
const seed = 20261121

test(`killed ${KILLS} times, at records and inside of steps, each run is resumed to its end or undone exactly, nothing twice`, async () => {
  const told: string[] = []
  const { kills, wrong } = await killMatrix({ kills: KILLS, seed, lanes: 1, report: (line) => void told.push(line) })
  expect({ seed, told, wrong: wrong.map((ending) => ending.wrong) }).toEqual({ seed, told, wrong: [] })
  expect(kills).toBeGreaterThanOrEqual(KILLS)
})
