import type { Telling } from './look.ts'
import { openReporter, type Phase, type Reporter } from './reporter.ts'
import { makeStopSwitch, type StopSwitch, type StopWords } from './stop-switch.ts'

export interface WatchedPhase extends Phase {
  readonly during: StopWords['during']
  readonly next?: string // what to type after an abort
}

export interface Watch extends Reporter {
  readonly stop: StopSwitch
}

/** Runs a phase with its events told and Ctrl-C heard; both end with it. */
export async function watched<T>(
  telling: Telling,
  phase: WatchedPhase,
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  const reporter = await openReporter(telling, phase)
  const { during, next } = phase
  const stop = makeStopSwitch(telling.world, {
    during,
    say: reporter.say,
    release: reporter.close,
    ...(next === undefined ? {} : { next }),
  })
  try {
    return await work({ ...reporter, stop })
  } finally {
    stop.dispose()
    await reporter.close()
  }
}
