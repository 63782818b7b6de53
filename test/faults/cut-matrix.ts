import { setTimeout as delay } from 'node:timers/promises'
import { requireState, topologyOf } from '../../lab/state.ts'
import { type Cli, recordsOf } from '../lab/support/cli-at.ts'
import { violations } from './checker.ts'
import { differing, type HostState, timeless } from './host-state.ts'
import { cutFor } from './network-cut.ts'
import { randomFrom, shuffled } from './random.ts'
import { effectsOf, runUndisturbed, type Undisturbed } from './undisturbed.ts'
import { type FaultWorld, openWorld } from './world.ts'

/** At which boundary of the journal which of the hosts is cut off. */
interface CutAt {
  readonly record: number // that was written last
  readonly host: string
}

export interface CutOptions {
  readonly cuts?: number // absent: one at each boundary
  readonly seed: number
  readonly report: (line: string) => void
  readonly isStopped?: () => boolean
}

export interface CutFigures {
  readonly cuts: number // that fell into a run
  readonly endings: number
  readonly wrong: readonly string[]
}

/**
 * Cuts one of three hosts off at a boundary of the journal, and heals the network when the program has noticed, or a moment later:
 * the run must end as an undisturbed one, with everything done once, and be undone exactly.
 */
export async function cutMatrix(options: CutOptions): Promise<CutFigures> {
  const world = await openWorld()
  try {
    const clean = await runUndisturbed(world, 'reversible')
    let start = await world.states()
    const wrong: string[] = []
    let [cuts, endings] = [0, 0]
    for (const at of cutsOf(options, world, clean)) {
      if (options.isStopped?.()) break
      const ending = await cutOnce(world, at, { clean, start })
      endings += 1
      cuts += ending.hit ? 1 : 0
      wrong.push(...ending.wrong.map((line) => `cut ${at.record}: ${line}`))
      options.report(
        `cut-${at.record} of ${at.host}${ending.hit ? '' : ' (came too late)'}: ${ending.wrong.length === 0 ? 'right' : 'WRONG'}`,
      )
      for (const line of ending.wrong.slice(0, 20)) options.report(`    ${line}`)
      if (ending.wrong.length === 0) await world.forget()
      else {
        await world.renew()
        start = await world.states()
      }
    }
    return { cuts, endings, wrong }
  } finally {
    await world.close()
  }
}

/** In an order that the seed gives; each host in turn. */
function cutsOf({ cuts, seed }: CutOptions, { hosts }: FaultWorld, { records }: Undisturbed): readonly CutAt[] {
  const all = Array.from({ length: records.count }, (_, index) => index + 1)
  const order = cuts === undefined ? all : shuffled(all, randomFrom(seed)).slice(0, cuts)
  return order.map((record) => ({ record, host: hosts[(record + seed) % hosts.length] ?? '' }))
}

interface Compared {
  readonly clean: Undisturbed
  readonly start: readonly HostState[]
}

async function cutOnce(
  world: FaultWorld,
  at: CutAt,
  { clean, start }: Compared,
): Promise<{ readonly hit: boolean; readonly wrong: readonly string[] }> {
  const cli = world.controller()
  const { code, hit, said } = await runCut(world, cli, at)
  const wrong = code === 0 ? [] : [`exit ${code}: ${said.slice(-2000)}`]
  wrong.push(...unlike('after the run', clean.changes, differing(timeless(start), timeless(await world.states()))))
  wrong.push(...unlike('effects', clean.effects, effectsOf(await world.history(cli))))
  const undone = await cli.run('rollback', 'last', '--yes')
  if (undone.code !== 0) wrong.push(`rollback: exit ${undone.code}: ${undone.stderr}`)
  wrong.push(...differing(start, await world.states()).map((line) => `after rollback: ${line}`))
  const judged = violations(await world.history(cli), clean.expected)
  return { hit, wrong: [...wrong, ...judged.map(({ invariant, what }) => `${invariant}: ${what}`)] }
}

const unlike = (about: string, wanted: readonly string[], found: readonly string[]): readonly string[] => {
  const lacking = wanted.filter((line) => !found.includes(line)).map((line) => `${about}: lacks ${line}`)
  const more = found.filter((line) => !wanted.includes(line)).map((line) => `${about}: has ${line}`)
  const often = found.length > wanted.length && more.length === 0 ? [`${about}: something is there more than once`] : []
  return [...lacking, ...more, ...often]
}

const NOTICED_MS = 3000 // a connection that is not used meanwhile is not missed

async function runCut({ settings, apply }: FaultWorld, cli: Cli, { record, host }: CutAt) {
  const address = topologyOf(requireState(settings)).hosts.find(({ name }) => name === host)?.address ?? ''
  const started = cli.start(...apply('reversible'), '-v')
  let isOver = false
  const ended = started.ended.finally(() => {
    isOver = true
  })
  while (!isOver && recordsOf(cli.stateDir, undefined) < record) await delay(2)
  const hit = !isOver
  if (hit)
    await cutFor({ settings, address }, 'reset', async () => {
      for (let left = NOTICED_MS; left > 0 && !isOver && !started.said().includes(`${host} reconnecting`); left -= 20)
        await delay(20)
    })
  return { code: await ended, hit, said: started.said() }
}
