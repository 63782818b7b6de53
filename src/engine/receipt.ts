import { type Command, displayCommand } from '../model/command.ts'
import { type Problem, ProblemError, type ProblemKind } from '../model/problem.ts'
import type { Reply, Runner, RunOptions } from '../model/transport.ts'
import { isLost } from './link.ts'
import {
  attachText,
  type Keeping,
  killText,
  namesText,
  pathOf,
  type ReceiptPlace,
  type ReceiptState,
  startText,
  stateText,
  UNTOLD,
} from './receipt-text.ts'

/** What a step's scripts run with. */
export interface ReceiptInput {
  readonly runner: Runner
  readonly probe: Runner // with the same privilege
  readonly folder: string // of the step, on the host
  /** Gives each receipt a name of its own; no name is the beginning of another. */
  readonly nextName: () => string
  readonly reconnect: () => Promise<void>
  /** The boot of the host as it is now; empty where that is not known. */
  readonly boot: () => Promise<string>
  readonly begin: Keeping['begin']
  readonly steadyMs: () => number
  /** Told of each script that may run now. */
  readonly atWork?: (at: ReceiptPlace, label: string) => Watched
}

/** A script that somebody may end meanwhile. */
export interface Watched {
  readonly isEnded: () => boolean
  readonly over: () => void
}

const DEFAULTS = { timeoutMs: 30_000, limitBytes: 1_048_576 } // as Runner has them
const STARTS = 3 // of a script that turned out not to have begun

/**
 * A runner whose scripts run on their host apart from the connection, each under a receipt: when the connection is lost
 * they run on, and are attached to again. A script runs once, whatever happens to the connection. One whose end nobody
 * can know any more throws kind connection-lost; the deadline ends all that it started, there.
 */
export function withReceipts(input: ReceiptInput): Runner {
  const run = async (command: Command, options: RunOptions = {}): Promise<Reply> => {
    for (let left = STARTS; left > 0; left -= 1) {
      const reply = await runOnce(input, command, options)
      if (reply !== 'not-begun') return reply
    }
    throw new ProblemError({
      kind: 'connection-lost',
      message: `the host took ${STARTS} times no script: ${labelOf(command)}`,
    })
  }
  return { run }
}

/** What a command is called where nothing else is said. */
export const labelOf = (command: Command): string => displayCommand(command).trim().split('\n')[0] ?? ''

/** One script on its way, with what it has printed so far. */
interface Attempt {
  readonly input: ReceiptInput
  readonly at: ReceiptPlace
  readonly options: RunOptions & { readonly label: string }
  readonly limitBytes: number
  readonly boot: string // in which the script began
  readonly until: number // its deadline, in steadyMs
  readonly came: Record<'stdout' | 'stderr', Came>
}

/** Bytes in the pieces that they came in, put together once: a step may print many. */
interface Came {
  readonly pieces: Buffer[]
  length: number
}

const nothingCame = (): Came => ({ pieces: [], length: 0 })

async function runOnce(input: ReceiptInput, command: Command, given: RunOptions): Promise<Reply | 'not-begun'> {
  const at = { folder: input.folder, name: input.nextName() }
  const attempt = attemptOf({ input, at, label: given.label ?? labelOf(command), boot: await input.boot() }, given)
  const { limitBytes } = attempt
  const output = given.brief ? 'brief' : 'followed'
  return goOn(attempt, startText(at, command, { limitBytes, begin: input.begin, output }))
}

/**
 * What the last script of a step gave, whoever began it; waits for one that still runs. Undefined where no receipt
 * tells. Throws as running it does.
 */
export async function replyOfLast(input: ReceiptInput, given: RunOptions): Promise<Reply | undefined> {
  const { stdout } = await input.probe.run(namesText(input.folder))
  const name = lastName(stdout.toString('utf8').split('\n'))
  if (name === undefined) return undefined
  const at = { folder: input.folder, name }
  const state = await stateOf(input.probe, at)
  if (state !== 'done' && state !== 'running') return undefined
  const attempt = attemptOf({ input, at, label: `what was begun in ${pathOf(at)}`, boot: await input.boot() }, given)
  const reply = await goOn(attempt, attachAgain(attempt))
  return reply === 'not-begun' ? undefined : reply
}

/** By what the names begin with (receiptName): all of it grows. */
function lastName(names: readonly string[]): string | undefined {
  const found = names.flatMap((name) => {
    const [, run = '', time, number] = /^([0-9A-Z]{26})\.(\d+)\.(\d+)\.run$/.exec(name) ?? []
    return time === undefined ? [] : [{ name, run, time: Number(time), number: Number(number) }]
  })
  return found
    .sort((a, b) => (a.run === b.run ? a.time - b.time || a.number - b.number : a.run < b.run ? -1 : 1))
    .at(-1)?.name
}

interface Asked {
  readonly input: ReceiptInput
  readonly at: ReceiptPlace
  readonly label: string
  readonly boot: string
}

function attemptOf({ input, at, label, boot }: Asked, given: RunOptions): Attempt {
  const { timeoutMs, limitBytes } = { ...DEFAULTS, ...given }
  const came = { stdout: nothingCame(), stderr: nothingCame() }
  const options: Attempt['options'] = {
    ...given,
    label,
    onOutput: (stream, chunk, when) => {
      if (when === undefined) {
        came[stream].pieces.push(chunk)
        came[stream].length += chunk.length
      }
      given.onOutput?.(stream, chunk, when)
    },
  }
  return { input, at, options, limitBytes, boot, until: input.steadyMs() + timeoutMs, came }
}

/** Runs a script that passes the command's output and exit code on, and others like it as often as they are lost. */
async function goOn(attempt: Attempt, first: Command): Promise<Reply | 'not-begun'> {
  const { input, at, options } = attempt
  const watched = input.atWork?.(at, options.label)
  try {
    return await toItsEnd(attempt, first)
  } catch (error) {
    if (watched?.isEnded())
      throw new ProblemError({
        kind: 'interrupted',
        message: `ended on request, nobody knows how far it came: ${options.label}`,
      })
    throw error
  } finally {
    watched?.over()
  }
}

/** Once it was lost, nothing that keeps us from looking tells how it ended: another host key, another machine, sudo saying no. */
async function toItsEnd(attempt: Attempt, first: Command): Promise<Reply | 'not-begun'> {
  let isStillThere = true
  try {
    return await followed(attempt, first, () => {
      isStillThere = false
    })
  } catch (error) {
    throw isStillThere ? error : outOfSight(error)
  }
}

const TELLING: ReadonlySet<ProblemKind> = new Set(['connection-lost', 'unreachable', 'timeout', 'interrupted', 'io'])

function outOfSight(error: unknown): unknown {
  if (!(error instanceof ProblemError) || TELLING.has(error.problems[0].kind)) return error
  return new ProblemError({ ...error.problems[0], kind: 'connection-lost' })
}

async function followed(attempt: Attempt, first: Command, lost: () => void): Promise<Reply | 'not-begun'> {
  const { input, at, options, boot } = attempt
  for (let text = first; ; text = attachAgain(attempt)) {
    const reply = await unlessLost(attempt, () => input.runner.run(text, { ...options, timeoutMs: timeLeft(attempt) }))
    if (reply === 'lost') {
      lost()
      await input.reconnect()
      continue
    }
    if (reply.code === 0) return wholeReply(attempt, 0)
    const state = await stateOf(input.probe, at, boot)
    // Where no receipt can be kept there is none; what passes output on may have ended otherwise than what it watches.
    const isOver = state === 'done' || (state === 'none' && reply.code !== UNTOLD)
    if (isOver) return wholeReply(attempt, reply.code)
    if (state === 'void') return 'not-begun'
    if (state !== 'running') throw new ProblemError(unknownEnd(options.label, state))
  }
}

const attachAgain = ({ at, came, limitBytes, boot }: Attempt): Command =>
  attachText(at, { from: { stdout: came.stdout.length, stderr: came.stderr.length }, limitBytes, boot })

const timeLeft = ({ until, input }: Attempt): number => Math.max(1000, until - input.steadyMs())

async function unlessLost({ input, at }: Attempt, run: () => Promise<Reply>): Promise<Reply | 'lost'> {
  try {
    return await run()
  } catch (error) {
    if (isLost(error)) return 'lost'
    if (error instanceof ProblemError && error.problems[0].kind === 'timeout') {
      throw new ProblemError({ ...error.problems[0], detail: await endReceipt(input.runner, at) })
    }
    throw error
  }
}

/** Ends a script and all that it started; tells how that went. */
export async function endReceipt(runner: Runner, at: ReceiptPlace): Promise<string> {
  try {
    const { code, stdout } = await runner.run(killText(at))
    return code === 0 ? 'it was killed' : `it could not be killed: ${stdout.toString('utf8').trim()}`
  } catch (error) {
    return `it could not be killed and may still run: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** How far a script has come; `none` also where the host cannot tell. */
export async function stateOf(probe: Runner, at: ReceiptPlace, boot = ''): Promise<ReceiptState> {
  const word = (await probe.run(stateText(at, boot))).stdout.toString('utf8').trim()
  return word === 'void' || word === 'running' || word === 'done' || word === 'dead' ? word : 'none'
}

const unknownEnd = (label: string, state: 'dead' | 'none'): Problem => ({
  kind: 'connection-lost',
  message: `nobody knows how it ended: ${label}`,
  detail:
    state === 'dead'
      ? 'it had begun, it runs no more, and it left no exit code: it was killed, or the host was restarted'
      : 'its receipt is gone: was the run folder removed?',
  hint: 'look at the host before running it again',
})

function wholeReply({ came, limitBytes }: Attempt, code: number): Reply {
  const { stdout, stderr } = came
  return {
    code,
    stdout: Buffer.concat(stdout.pieces).subarray(0, limitBytes),
    stderr: Buffer.concat(stderr.pieces).subarray(0, limitBytes),
    truncated: stdout.length > limitBytes || stderr.length > limitBytes,
  }
}
