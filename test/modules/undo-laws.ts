import { expect } from 'vitest'
import { argv, type Command, renderCommand } from '../../src/model/command.ts'
import type { Change, Session } from '../../src/model/module.ts'
import { applyOn, argsOf, asRecorded, look, revertAgainOn, revertOn, sessionOf, type Trial, traceOf } from './trial.ts'

/** In how many situations the changes of a module were undone to exactly the state before. */
interface Tally {
  cases: number
  neverBegun: number
  half: number // killed before its first, second, ... tool
  done: number
  byHost: number // by the text that a host runs by itself
}

const tallies = new Map<string, Tally>()

/** How many changes were really cut off in the middle. */
export const killedHalfWay = (): number => [...tallies.values()].reduce((sum, { half }) => sum + half, 0)

/** A line a module, and their sum. */
export function talliesText(): string {
  const rows = [...tallies].map(([name, tally]) => [name, tally] as const).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const sum = (what: keyof Tally): number => rows.reduce((total, [, tally]) => total + tally[what], 0)
  const line = (name: string, of: (what: keyof Tally) => number): string =>
    `${name}: ${of('cases')} cases; undone: never begun ${of('neverBegun')}, killed half-way ${of('half')}, done ${of('done')}, by the host alone ${of('byHost')}`
  return [...rows.map(([name, tally]) => line(name, (what) => tally[what])), line('all', sum)].join('\n')
}

function count(trial: Trial, what: keyof Tally): void {
  const tally = tallies.get(trial.module.name) ?? { cases: 0, neverBegun: 0, half: 0, done: 0, byHost: 0 }
  tallies.set(trial.module.name, tally)
  tally[what] += 1
}

/** As many kills a case; the places move on from case to case. */
const KILLS = Number(process.env.LAW_KILLS ?? 1)
const FARTHEST = 24 // tools that a script calls, at the most

/**
 * A change is undone exactly whatever became of it: announced and never begun, killed in the middle of a script, done; by
 * the module, or by the host alone. Leaves the host as it was before.
 */
export async function undoFromEverywhere(trial: Trial, change: Change, start: string): Promise<void> {
  if (!change.reversible) return
  count(trial, 'cases')
  if (change.settles) {
    await revertOn(trial, change)
    expect(await look(trial), 'undoing what never began changes nothing').toBe(start)
    count(trial, 'neverBegun')
  }
  for (const at of killsFor(trial)) await undoHalfDone(apart(trial, `half-${at}`), change, { at, start })
  if (trial.module.revertText) await undoByHost(apart(trial, 'host'), change, start)
}

/** Undone after it was done, and twice; a restart once, by one who knows what there was before the first time. */
export async function undoDone(trial: Trial, change: Change, start: string): Promise<void> {
  const trace = await traceOf(trial)
  await revertOn(trial, change)
  expect(await look(trial), 'undoing restores').toBe(start)
  if (change.verb === 'restart' && trace) {
    const after = await traceOf(trial)
    await revertAgainOn(trial, change, trace)
    expect(await traceOf(trial), 'an undo that is gone on with restarts nothing again').toEqual(after)
  }
  await revertOn(trial, change)
  expect(await look(trial), 'undoing twice is undoing once').toBe(start)
  count(trial, 'done')
}

/** With pre-images of its own. */
const apart = (trial: Trial, name: string): Trial => ({ ...trial, runFolder: `${trial.runFolder}-${name}` })

function killsFor({ wanted }: Trial): readonly number[] {
  const seed = [...wanted.name].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0)
  const kills = Math.min(KILLS, FARTHEST)
  return Array.from({ length: kills }, (_, index) => 1 + ((seed + Math.floor((index * FARTHEST) / kills)) % FARTHEST))
}

async function undoHalfDone(
  trial: Trial,
  change: Change,
  { at, start }: { readonly at: number; readonly start: string },
): Promise<void> {
  const session = dyingAt(sessionOf(trial), at)
  const wasKilled = await applyOn(trial, change, session).then(
    () => session.isKilled(),
    () => session.isKilled(),
  )
  await revertOn(trial, change)
  expect(await look(trial), `undoing restores what was killed before tool ${at}`).toBe(start)
  if (wasKilled) count(trial, 'half')
}

async function undoByHost(trial: Trial, change: Change, start: string): Promise<void> {
  const undo = async (when: string): Promise<void> => {
    const text = trial.module.revertText?.(argsOf(trial), asRecorded(change), trial.runFolder)
    if (!text) return
    const { code, stdout, stderr } = await sessionOf(trial).run(text)
    expect(code, `the host undoes by itself ${when}: ${stdout}${stderr}`).toBe(0)
    expect(await look(trial), `the host restores by itself ${when}`).toBe(start)
  }
  await applyOn(trial, change)
  await undo('what was done')
  await undo('what it has undone')
  count(trial, 'byHost')
}

interface Dying extends Session {
  isKilled(): boolean
}

/** A session whose shell is killed before it calls its `at`th tool, counted over all scripts. */
function dyingAt(session: Session, at: number): Dying {
  let killed = false
  return {
    ...session,
    isKilled: () => killed,
    run: async (command, options) => {
      const reply = await session.run(mortal(command, { count: `${session.folder}.count`, at }), options)
      killed ||= reply.code === KILLED
      return reply
    },
  }
}

const KILLED = 128 + 9
/** Those whose names can be names of functions in every shell. */
const TOOLS = [
  ...['cat', 'chmod', 'chown', 'cp', 'id', 'ln', 'mkdir', 'mv', 'readlink', 'rm', 'rmdir', 'sha256sum', 'stat'],
  ...['sync', 'systemctl', 'touch', 'dnf', 'rpm', 'zypper', 'crontab', 'sysctl', 'virsh'],
]

function mortal(command: Command, { count: file, at }: { readonly count: string; readonly at: number }): Command {
  const dying = `die() { command mkdir -p "${file}"; command mkdir "${file}/$$.$(command ls "${file}" | wc -l).$1" 2>/dev/null
[ "$(command ls "${file}" | wc -l)" -lt ${at} ] || kill -9 $$; }`
  const tools = TOOLS.map((tool) => `${tool}() { die ${tool}; command ${tool} "$@"; }`).join('\n')
  const whole = argv(['sh', '-c', `${dying}\n${tools}\n${renderCommand(command)}`])
  return command.stdin === undefined ? whole : { ...whole, stdin: command.stdin }
}
