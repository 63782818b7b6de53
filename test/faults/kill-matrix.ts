import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { killText, type Trial, trialAt } from './kill-plan.ts'
import { type Compared, type Ending, runTrial } from './kill-trial.ts'
import { runUndisturbed } from './undisturbed.ts'
import { type FaultWorld, openWorld } from './world.ts'

export interface KillOptions {
  readonly kills: number // trials are made until there were so many
  readonly seed: number
  readonly only?: number // one trial, from 0
  readonly lanes: number // labs side by side
  readonly evidence?: string // folder for what a wrong ending leaves
  readonly report: (line: string) => void
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
  const endings: Ending[] = []
  let next = 0
  const isEnough = (): boolean => figuresOf(endings).kills >= options.kills
  const lane = async (): Promise<void> => {
    const world = await openWorld()
    try {
      const clean = {
        reversible: await runUndisturbed(world, 'reversible'),
        final: await runUndisturbed(world, 'final'),
      }
      const records = { reversible: clean.reversible.records, final: clean.final.records }
      for (let start = await world.states(); !isEnough(); ) {
        const trial = trialAt(options.only ?? next++, options.seed, records)
        const ending = await oneTrial(world, trial, { clean: clean[trial.kind], start })
        endings.push(ending)
        tell(ending, options)
        if (options.only !== undefined) return
        if (ending.wrong.length === 0 && (trial.wayOut === 'rollback' || trial.undone)) await world.forget()
        else {
          await world.renew()
          start = await world.states()
        }
      }
    } finally {
      await world.close()
    }
  }
  await Promise.all(Array.from({ length: options.lanes }, lane))
  return figuresOf(endings)
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
  const then = trial.second ? `, ${trial.wayOut} ${killText(trial.second)}` : ''
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
