import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { killText, type Trial, trialAt } from './kill-plan.ts'
import { type Compared, type Ending, runTrial } from './kill-trial.ts'
import { runUndisturbed, type Undisturbed } from './undisturbed.ts'
import { type FaultWorld, openWorld } from './world.ts'

export interface KillOptions {
  readonly kills: number // trials are made until there were so many
  readonly seed: number
  readonly only?: number // one trial, from 0
  readonly lanes: number // labs side by side
  readonly evidence?: string // folder for what a wrong ending leaves
  readonly report: (line: string) => void
  readonly isStopped?: () => boolean
}

export interface KillFigures {
  readonly kills: number
  readonly endings: number
  readonly right: number
  readonly asked: number
  readonly wrong: readonly Ending[]
}

/** Kills the program in run after run, takes a way out of each, and counts how many ended right. */
export async function killMatrix(options: KillOptions): Promise<KillFigures> {
  const first = await openWorld()
  const clean = await learn(first).catch(async (error: unknown) => {
    await first.close()
    throw error
  })
  const endings: Ending[] = []
  const trials = trialsOf(options, clean, () => figuresOf(endings).kills)
  const lane = async (world: FaultWorld): Promise<void> => {
    try {
      await runTrials(world, { trials, clean }, (ending) => {
        endings.push(ending)
        tell(ending, options)
      })
    } finally {
      await world.close()
    }
  }
  const others = Array.from({ length: options.lanes - 1 }, () => openWorld().then(lane))
  await Promise.all([lane(first), ...others])
  return figuresOf(endings)
}

type Clean = Readonly<Record<Trial['kind'], Undisturbed>>

const learn = async (world: FaultWorld): Promise<Clean> => ({
  reversible: await runUndisturbed(world, 'reversible'),
  final: await runUndisturbed(world, 'final'),
})

/** Trials until there were kills enough; a program that is never hit is not tried for ever. Shared by all lanes. */
function* trialsOf(
  { only, kills, seed, isStopped }: KillOptions,
  clean: Clean,
  killed: () => number,
): Generator<Trial> {
  const records = { reversible: clean.reversible.records, final: clean.final.records }
  if (only !== undefined) return yield trialAt(only, seed, records)
  for (let next = 0; killed() < kills && next < 3 * kills && !isStopped?.(); next += 1)
    yield trialAt(next, seed, records)
}

interface Work {
  readonly trials: Iterator<Trial>
  readonly clean: Clean
}

async function runTrials(world: FaultWorld, { trials, clean }: Work, ended: (ending: Ending) => void): Promise<void> {
  let start = await world.states()
  for (let next = trials.next(); next.done !== true; next = trials.next()) {
    const trial = next.value
    const ending = await oneTrial(world, trial, { clean: clean[trial.kind], start })
    ended(ending)
    if (ending.wrong.length === 0 && (trial.wayOut === 'rollback' || trial.undone)) await world.forget()
    else {
      await world.renew()
      start = await world.states()
    }
  }
}

const oneTrial = (world: FaultWorld, trial: Trial, compared: Compared): Promise<Ending> =>
  runTrial(world, trial, compared).catch((error: unknown) => brokenOff(trial, error))

const brokenOff = (trial: Trial, error: unknown): Ending => ({
  trial,
  kills: 0,
  asked: 0,
  wrong: [`broken off: ${error instanceof Error ? error.stack : String(error)}`],
  said: [],
  history: { effects: [], journals: [], receipts: [], artefacts: [] },
})

function tell(ending: Ending, { report, evidence }: KillOptions): void {
  const { trial, wrong } = ending
  const then = trial.then.map((kill) => `, then ${killText(kill)}`).join('')
  report(
    `${trial.name} ${trial.kind} ${killText(trial.first)}${then}, ${trial.wayOut}: ${wrong.length === 0 ? 'right' : 'WRONG'}`,
  )
  for (const line of wrong.slice(0, 20)) report(`    ${line}`)
  if (wrong.length === 0 || evidence === undefined) return
  mkdirSync(evidence, { recursive: true })
  writeFileSync(path.join(evidence, `${trial.name}.json`), JSON.stringify(ending, null, 1))
}

function figuresOf(endings: readonly Ending[]): KillFigures {
  const wrong = endings.filter((ending) => ending.wrong.length > 0)
  const sum = (of: (ending: Ending) => number): number => endings.reduce((total, ending) => total + of(ending), 0)
  return {
    kills: sum(({ kills }) => kills),
    endings: endings.length,
    right: endings.length - wrong.length,
    asked: sum(({ asked }) => asked),
    wrong,
  }
}

/** The figures in one line. */
export const figuresText = ({ kills, endings, right, asked }: KillFigures): string =>
  `kills: ${kills} in ${endings} runs, ${right} right endings, ${endings - right} wrong; asked ${asked} times what became of a command`
