import type { Outcome } from '../../lab/run-tool.ts'
import type { Cli } from '../lab/support/cli-at.ts'
import { violations } from './checker.ts'
import type { History } from './history.ts'
import { differing, type HostState, timeless } from './host-state.ts'
import { type Kill, killing, killText, type Trial } from './kill-plan.ts'
import { readJournal } from './read-journal.ts'
import { effectsOf, type Undisturbed } from './undisturbed.ts'
import { CANARY } from './workload.ts'
import type { FaultWorld } from './world.ts'

/** How a trial went. `wrong`: all that is not as it has to be, none where it ended right. */
export interface Ending {
  readonly trial: Trial
  readonly kills: number // that hit
  readonly asked: number // times that the operator was asked what became of a command
  readonly wrong: readonly string[]
  readonly said: readonly string[] // what each command answered
  readonly history: History
}

/** What a trial is compared with: an undisturbed run, and the hosts before it. */
export interface Compared {
  readonly clean: Undisturbed
  readonly start: readonly HostState[]
}

/** Kills a run as the trial says, takes the way out, judges what is left, and leaves the hosts as they were. */
export async function runTrial(world: FaultWorld, trial: Trial, { clean, start }: Compared): Promise<Ending> {
  const attempt = openAttempt(world, trial, { clean, start })
  const applied = await attempt.go(world.apply(trial.kind), trial.first)
  // One that was to die a while after its last record may end before.
  if (applied.code !== KILLED && !(applied.code === 0 && trial.first.when === 'later'))
    attempt.complain([`exit ${applied.code}`], 'not killed')
  const begun = (await world.history(attempt.cli)).journals.some((journal) => readJournal(journal).records.length > 0)
  if (begun && trial.wayOut === 'resume') await resumed(attempt, world)
  if (begun && (trial.wayOut === 'rollback' || trial.undone)) await rolledBack(attempt, world)
  if (!begun) attempt.complain(differing(start, await world.states()), 'changed without a record')
  const history = await world.history(attempt.cli)
  attempt.complain(locksIn(history), 'lock')
  return attempt.ending(history)
}

/** Hosts that somebody still holds; the newest note of a lock is empty where nobody does. */
const locksIn = ({ artefacts }: History): readonly string[] =>
  artefacts.flatMap(({ where, text }) => (/^\S*\/host\.lock\/\d+:/m.test(text) ? [`held: ${where}`] : []))

interface Attempt {
  readonly trial: Trial
  readonly clean: Undisturbed
  readonly start: readonly HostState[]
  readonly cli: Cli
  /** Runs the program, killed there where that is given; 137 where it was. */
  go(args: readonly string[], kill?: Kill): Promise<Outcome>
  /** Notes what is wrong, each line with what it is about. */
  complain(lines: readonly string[], about: string): void
  askedOnce(): void
  ending(history: History): Ending
}

function openAttempt(world: FaultWorld, trial: Trial, { clean, start }: Compared): Attempt {
  const cli = world.controller()
  const [wrong, said]: [string[], string[]] = [[], []]
  let [kills, asked] = [0, 0]
  const complain: Attempt['complain'] = (lines, about) => void wrong.push(...lines.map((line) => `${about}: ${line}`))
  return {
    trial,
    clean,
    start,
    cli,
    go: async (args, kill) => {
      const began = performance.now()
      const outcome = await world.again(cli, kill ? killing(kill) : []).run(...args)
      said.push(
        `$ ${args.join(' ')}  # ${kill ? `killed ${killText(kill)}, ` : ''}exit ${outcome.code}, ${Math.round(performance.now() - began)} ms\n${outcome.stdout}${outcome.stderr}`,
      )
      kills += outcome.code === KILLED ? 1 : 0
      return outcome
    },
    complain,
    askedOnce: () => {
      asked += 1
    },
    ending: (history) => {
      complain(
        violations(history, clean.expected).map(({ invariant, what }) => `${invariant}: ${what}`),
        'checker',
      )
      complain(
        said.filter((text) => text.includes(CANARY)).map(() => 'printed'),
        'secret',
      )
      return { trial, kills, asked, wrong, said, history }
    },
  }
}

const KILLED = 137

/** Resumed until it is over: the end of an undisturbed run, everything done once, and nothing more to do. */
async function resumed(attempt: Attempt, world: FaultWorld): Promise<void> {
  const { trial, clean, start, cli, go, complain } = attempt
  const resume = ['resume', 'last', '--yes', '--allow-irreversible']
  for (const kill of trial.then) await answering(attempt, world, resume, kill)
  const outcome = await answering(attempt, world, resume)
  if (outcome.code !== 0) complain([`exit ${outcome.code}`], 'resume')
  const changes = differing(timeless(start), timeless(await world.states()))
  complain(unlike(clean.changes, changes), 'after resume')
  const history = await world.history(cli)
  complain(unlike(clean.effects, effectsOf(history)), 'effects')
  const again = await go(resume)
  const later = await world.history(cli)
  if (again.code !== 0) complain([`exit ${again.code}`], 'resume of a run that is over')
  if (JSON.stringify(later.journals) !== JSON.stringify(history.journals))
    complain(['it writes'], 'resume of a run that is over')
  complain(unlike(effectsOf(history), effectsOf(later)), 'resume of a run that is over')
}

/** Goes on as an operator would: where the program asks what became of a command, the host's notes tell. */
async function answering(attempt: Attempt, world: FaultWorld, args: readonly string[], kill?: Kill): Promise<Outcome> {
  const first = await attempt.go(args, kill)
  const places = placesAsked(first)
  if (first.code !== 3 || places.length === 0) return first
  attempt.askedOnce()
  const { effects } = await world.history(attempt.cli)
  const answers = places.map(([step, host]) => {
    const isDone = effects.some((effect) => effect.host === host && effect.what === `end ${step}`)
    return `${step}@${host}=${isDone ? 'done' : 'not-done'}`
  })
  return attempt.go([...args, ...answers.flatMap((answer) => ['--settle', answer])])
}

/** The steps and hosts that the program asks about, each once. */
const placesAsked = ({ stdout, stderr }: Outcome): readonly (readonly [step: string, host: string])[] =>
  [...new Set(`${stdout}${stderr}`.match(/(?<=--settle )[\w-]+@[\w-]+(?==done)/g) ?? [])].map((place) => {
    const [step = '', host = ''] = place.split('@')
    return [step, host]
  })

/** Undoes as an operator would: where the program asks what became of the undo of a command, the command's file tells. */
async function undoing(attempt: Attempt, world: FaultWorld, args: readonly string[], kill?: Kill): Promise<Outcome> {
  const first = await attempt.go(args, kill)
  const places = placesAsked(first)
  if (first.code !== 8 || places.length === 0) return first
  attempt.askedOnce()
  const answers: string[] = []
  for (const [step, host] of places) {
    const found = await world.onHost(host, `[ -e /srv/${step} ] && echo not-done || echo done`)
    answers.push('--settle', `${step}@${host}=${found.trim()}`)
  }
  return attempt.go([...args, ...answers])
}

/** Rolled back: exactly the state before, and only what has no way back is told. */
async function rolledBack(attempt: Attempt, world: FaultWorld): Promise<void> {
  const { trial, start, cli, complain } = attempt
  const [run = ''] = (await world.history(cli)).journals.map((journal) => journal.run)
  const rollback = ['rollback', run, '--yes']
  if (trial.wayOut === 'rollback') for (const kill of trial.then) await undoing(attempt, world, rollback, kill)
  const { code, stdout, stderr } = await undoing(attempt, world, rollback)
  const told = [...new Set(`${stdout}${stderr}`.match(/in step \w+ \((\w+)\)/g) ?? [])]
  const isExcused = trial.kind === 'final' && code === 8 && told.every((place) => place.endsWith('(final)'))
  if (code !== 0 && !isExcused) complain([`exit ${code}`, ...told], 'rollback')
  complain(differing(start, await world.states()), 'after rollback')
}

/** What was done more or less often than it should have been. */
function unlike(wanted: readonly string[], found: readonly string[]): readonly string[] {
  const times = (all: readonly string[], name: string): number => all.filter((other) => other === name).length
  return [...new Set([...wanted, ...found])].flatMap((name) =>
    times(wanted, name) === times(found, name)
      ? []
      : [`${name}: ${times(found, name)} times, not ${times(wanted, name)}`],
  )
}
