import process from 'node:process'
import { type News, startCampaign } from './campaign.ts'
import { keepInput } from './corpus.ts'
import { Coverage } from './coverage.ts'
import { TARGETS } from './targets.ts'

// One process that fuzzes: all targets in turn until it is killed; told to the parent, which watches that it goes on.

const seed = Number(process.argv[2])
const names = process.argv.slice(3)
const coverage = new Coverage()
const chosen = TARGETS.filter(({ name }) => names.length === 0 || names.includes(name))
const campaigns = chosen.map((target, index) => {
  const tell = (news: News): void => void process.send?.({ target: target.name, ...news })
  return startCampaign({ target, seed: seed * 100 + index, coverage, keep: keepInput, tell })
})

function round(): void {
  for (const runBatch of campaigns) runBatch()
  setImmediate(round) // lets messages out
}
round()
