import type { Emit } from '../model/event.ts'
import type { HostName } from '../model/id.ts'
import { type LinesLook, makeEventLines, type StepNames } from '../report/event-lines.ts'
import { eventLine } from '../report/jsonl.ts'
import { styleFor, type Telling } from './look.ts'

/** Where the events of one phase go. */
export interface Reporter {
  readonly emit: Emit
  /** A line of our own, for people. */
  readonly say: (line: string) => void
  readonly close: () => Promise<void>
}

export interface Phase {
  readonly title: string
  readonly hosts: readonly HostName[]
  readonly after: 'kept' | 'cleared' // what of the live tree stays on the screen
  readonly names?: StepNames
  readonly view?: 'auto' | 'lines' // lines: never as a live tree
}

/** JSON lines on stdout, a live tree on a terminal, or plain lines on stderr, as the options and the terminal say. */
export async function openReporter(telling: Telling, phase: Phase): Promise<Reporter> {
  if (telling.output.format === 'json') return jsonReporter(telling)
  return isLive(telling, phase) ? await liveReporter(telling, phase) : linesReporter(telling, phase)
}

const jsonReporter = ({ world }: Telling): Reporter => ({
  emit: (event) => void world.stdout.write(eventLine(event, world.now())),
  say: (line) => void world.stderr.write(`${line}\n`),
  close: () => Promise.resolve(),
})

function linesReporter(telling: Telling, phase: Phase): Reporter {
  const { stderr } = telling.world
  const linesOf = makeEventLines({ ...lookOf(telling, phase), hosts: 'named' })
  const say = (line: string): void => void stderr.write(`${line}\n`)
  // an event of output may hold thousands of lines: one write for all
  const emit: Emit = (event) => {
    const lines = linesOf(event)
    if (lines.length > 0) say(lines.join('\n'))
  }
  return { emit, say, close: () => Promise.resolve() }
}

async function liveReporter(telling: Telling, phase: Phase): Promise<Reporter> {
  const { openLive } = await import('../report/live.ts')
  const linesOf = makeEventLines({ ...lookOf(telling, phase), hosts: 'unnamed' })
  const view = openLive({ ...phase, stream: telling.world.stderr, linesOf })
  return { emit: view.onEvent, say: view.say, close: view.close }
}

const lookOf = (telling: Telling, { names }: Phase): Omit<LinesLook, 'hosts'> => ({
  style: styleFor(telling.world.stderr, telling),
  detail: telling.output.detail,
  ...(names === undefined ? {} : { names }),
})

const LEAST_COLUMNS = 40 // narrower terminals break the tree
const ROWS_PER_HOST = 2 // a tree taller than the terminal flickers

/** Verbose output is a log: it stays plain lines. */
function isLive({ world: { stdout, stderr, env }, output }: Telling, { hosts, view }: Phase): boolean {
  const fits = (stderr.columns ?? 0) >= LEAST_COLUMNS && hosts.length * ROWS_PER_HOST < (stderr.rows ?? 0)
  const wanted = view !== 'lines' && output.view === 'auto' && output.detail === 'normal'
  return wanted && fits && stdout.isTTY === true && stderr.isTTY === true && env.TERM !== 'dumb' && !env.CI
}
