import type { World } from './world.ts'

/** Whether the user asked to stop, by Ctrl-C. */
export interface StopSwitch {
  readonly requested: () => boolean
  readonly dispose: () => void
}

/** How a stop is told and done. */
export interface StopWords {
  /** `looking`: nothing is changed yet, so the first Ctrl-C ends at once; `changing`: it ends after the current steps. */
  readonly during: 'looking' | 'changing'
  readonly say: (line: string) => void
  /** What gives the terminal back before ending at once. */
  readonly release: () => Promise<void>
  readonly next?: string // the command that puts things in order after an abort
}

const INTERRUPTED = 130 // 128 + SIGINT, as shells say it

/** Listens to Ctrl-C (and SIGTERM, SIGHUP): first stop after the current step, second abort at once with exit 130. */
export function makeStopSwitch(world: World, { during, say, release, next }: StopWords): StopSwitch {
  let requests = 0
  const dispose = world.onInterrupt(() => {
    requests += 1
    if (during === 'changing' && requests === 1) {
      say('Stopping after the steps that are running. Once more (Ctrl-C) to abort at once.')
      return
    }
    void release().finally(() => end(world, { during, next }))
  })
  return { requested: () => requests > 0, dispose }
}

function end(world: World, { during, next }: { during: StopWords['during']; next: string | undefined }): void {
  const undo = next === undefined ? '' : ` See what was done, or undo it: ${next}`
  world.stderr.write(
    during === 'changing' ? `Aborted: a step may be half done.${undo}\n` : 'Interrupted; nothing was changed.\n',
  )
  world.exitNow(INTERRUPTED)
}
