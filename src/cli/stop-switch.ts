import type { Work } from '../engine/input.ts'
import { escapeLine } from '../model/escape.ts'
import { problemsOf } from '../model/problem.ts'
import { clockOf } from './clock.ts'
import type { World } from './world.ts'

/** Whether the user asked to stop, by Ctrl-C. */
export interface StopSwitch {
  readonly requested: () => boolean
  readonly atWork: Set<Work> // what runs on the hosts; whoever starts it keeps it here
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

/**
 * Listens to Ctrl-C (and SIGTERM, SIGHUP): first stop after the current step, second end what runs on the hosts and exit
 * with 130, third exit at once.
 */
export function makeStopSwitch(world: World, { during, say, release, next }: StopWords): StopSwitch {
  let requests = 0
  const atWork = new Set<Work>()
  const dispose = world.onInterrupt(() => {
    requests += 1
    if (during === 'changing' && requests === 1) {
      say('Stopping after the steps that are running. Once more (Ctrl-C) to end them on their hosts.')
      return
    }
    const ending = requests === 2 ? endAll(world, atWork) : Promise.resolve([])
    void ending.then(async (told) => {
      await release()
      for (const line of told) world.stderr.write(`${escapeLine(line)}\n`)
      end(world, { during, next })
    })
  })
  return { requested: () => requests > 0, atWork, dispose }
}

const END_MS = 20_000 // to end everything; a host that does not answer is not waited for longer

/** Ends what runs on the hosts, at once; how that went, a line each. */
function endAll(world: World, atWork: ReadonlySet<Work>): Promise<readonly string[]> {
  const { sleep } = clockOf(world)
  const inTime = (work: Work): Promise<string> =>
    Promise.race([work.end(), sleep(END_MS).then(() => 'no answer: it may still run')])
  return Promise.all(
    [...atWork].map(async (work) => {
      const fate = await inTime(work).catch((error: unknown) => `it may still run: ${problemsOf(error)[0].message}`)
      return `${work.host}: ${work.label}: ${fate}`
    }),
  )
}

function end(world: World, { during, next }: { during: StopWords['during']; next: string | undefined }): void {
  const undo = next === undefined ? '' : ` See what was done, or undo it: ${next}`
  world.stderr.write(
    during === 'changing' ? `Aborted: a step may be half done.${undo}\n` : 'Interrupted; nothing was changed.\n',
  )
  world.exitNow(INTERRUPTED)
}
