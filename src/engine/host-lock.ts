import { type Command, displayCommand, quote } from '../model/command.ts'
import type { HostName } from '../model/id.ts'
import type { HostIdentity } from '../model/plan.ts'
import { type Problem, ProblemError, problemsOf } from '../model/problem.ts'
import type { Privilege, Runner } from '../model/transport.ts'
import { privilegeOf, type Workplace } from './host-context.ts'
import { FENCED, fenceText, type Held, passedText, releaseText, takeText } from './host-lock-text.ts'
import type { Holder, RunInput } from './input.ts'
import { keepsHost } from './left-open.ts'
import { type Answer, type LockOwner, parseAnswer } from './lock-owner.ts'
import { eachLimited } from './reads.ts'

/** The locks of a run on its hosts. */
export interface HostLocks {
  /** Of the host under this name; undefined where nothing could be written, or nothing is held. */
  readonly of: (host: HostName) => Held | undefined
  /** Takes that of one more host; throws ProblemError kind locked. */
  take(place: Workplace): Promise<void>
  /** Gives them back, but for those of these hosts. What cannot be reached keeps its lock. */
  release(keep: ReadonlySet<HostName>): Promise<void>
}

/** What hosts are taken for. */
export interface Errand {
  readonly input: RunInput
  readonly holder: Holder
  readonly run: string // that is applied, or undone: whoever goes on with it takes its hosts over
  readonly doing: 'apply' | 'rollback'
  readonly kept: ReadonlySet<HostName> // that stay the run's, also where it may not go on now
}

/**
 * Takes all hosts or none; throws ProblemError kind locked with whoever has them. The first host in the order of machine-ids
 * is taken before the others, which are taken side by side: of two who want the same hosts one gets them all. Nobody waits
 * for a lock, so that nobody waits for ever.
 */
export async function takeHostLocks(
  errand: Errand,
  places: readonly Workplace[],
  identities: readonly HostIdentity[],
): Promise<HostLocks> {
  const ids = new Map(identities.map(({ host, machineId }) => [host, machineId]))
  const machineOf = (host: HostName): string => ids.get(host) || `~ ${host}` // nobody's machine-id begins so
  const locks = openLocks(errand, machineOf)
  const keyOf = ({ target }: Workplace): string => `${machineOf(target.name)} ${target.name}`
  const [first, ...others] = places.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const refusals: Problem[] = []
  const take = (place: Workplace): Promise<unknown> =>
    locks.take(place).catch((error: unknown) => refusals.push(...problemsOf(error, { host: place.target.name })))
  if (first) await take(first)
  if (refusals.length === 0) await eachLimited(others, errand.input.forks, take)
  const [worst, ...more] = refusals
  if (!worst) return locks
  await locks.release(errand.kept)
  throw new ProblemError(worst, ...more)
}

interface Taken extends Held {
  readonly place: Workplace
  readonly privilege: Privilege
}

function openLocks(errand: Errand, machineOf: (host: HostName) => string): HostLocks {
  const taken = new Map<HostName, Taken | 'unheld'>()
  const of = (host: HostName): Taken | undefined => {
    const own = taken.get(host)
    return own === 'unheld' ? undefined : own
  }
  return {
    of,
    take: async (place) => {
      const { name: host } = place.target
      if (taken.has(host)) return
      const got = await takeOne(errand, place)
      taken.set(host, got)
      if (got === 'unheld') errand.input.emit({ type: 'not-held', host })
    },
    release: async (keep) => {
      const kept = new Set([...keep].map(machineOf)) // one machine may have two names here
      const back = [...taken.keys()].flatMap((host) => (kept.has(machineOf(host)) ? [] : (of(host) ?? [])))
      for (const { place } of back) taken.delete(place.target.name)
      await eachLimited(back, errand.input.forks, giveBack)
    },
  }
}

/** Whoever comes next is told what is left, and how to take it. */
async function giveBack(one: Taken): Promise<void> {
  await one.place.connection
    .probe(one.privilege)
    .run(releaseText(one))
    .catch(() => undefined)
}

/** As root where the run may need it there: that is the lock that all can see. */
async function takeOne(errand: Errand, place: Workplace): Promise<Taken | 'unheld'> {
  const { runbook } = errand.input
  const mayBeRoot = runbook.stages.some(({ steps }) =>
    steps.some((step) => step.module.effect !== 'reads' && privilegeOf(runbook, step, place) === 'root'),
  )
  if (!mayBeRoot) return takeAs(errand, place, 'login')
  try {
    return await takeAs(errand, place, 'root')
  } catch (error) {
    // No step may come to need root in the end; one that does tells the same.
    if (problemsOf(error)[0].kind !== 'become') throw error
    return takeAs(errand, place, 'login')
  }
}

async function takeAs(errand: Errand, place: Workplace, privilege: Privilege): Promise<Taken | 'unheld'> {
  const first = await ask(errand, { place, privilege })
  const isLeft = first.kind === 'refused' && (await isOver(errand.input, first.by))
  const answer = isLeft ? await ask(errand, { place, privilege, over: first.by.lock }) : first
  if (answer.kind === 'unheld') return 'unheld'
  if (answer.kind === 'held') return { ...answer, lock: errand.holder.lock, place, privilege }
  throw new ProblemError(await heldBy(errand.input, answer.by))
}

interface Asking {
  readonly place: Workplace
  readonly privilege: Privilege
  readonly over?: string
}

async function ask({ input, holder, run, doing }: Errand, { place, privilege, over }: Asking): Promise<Answer> {
  const { hostFolder, runbook, clock } = input
  const text = takeText({
    hostFolder,
    lock: holder.lock,
    run,
    ...(over === undefined ? {} : { over }),
    about: [holder.owner, clock.now().toISOString(), runbook.name, doing],
  })
  const { code, stdout, stderr } = await place.connection
    .probe(privilege)
    .run(text, { label: 'take the lock of the host' })
  const answer = parseAnswer(stdout.toString('utf8'))
  if (answer) return answer
  throw new ProblemError({
    kind: 'blocked',
    message: 'the lock of this host could not be taken',
    detail: stderr.toString('utf8').trim() || `exit code ${code}`,
  })
}

/** A run of this controller that has ended, as have its rollbacks, and left nothing open: its lock could not be given back then. */
async function isOver({ journals, run }: RunInput, by: LockOwner): Promise<boolean> {
  const runs = await journals.list()
  if (by.run === run || !runs.some((one) => one === by.run)) return false
  const since = runs.filter((one) => one >= by.run && one !== run)
  const records = await Promise.all(since.map((one) => journals.fold(one))).catch(() => undefined)
  const own = records?.filter((record) => record.run === by.run || record.started.of === by.run)
  return own?.every(({ outcome, changes }) => outcome !== undefined && !changes.some(keepsHost)) ?? false
}

async function heldBy({ journals, inventory }: RunInput, by: LockOwner): Promise<Problem> {
  const isOurs = (await journals.list()).some((run) => run === by.run)
  const unlock = `runbook unlock ${by.lock} -i ${inventory.sources.map(quote).join(' -i ')}`
  const goOn = `runbook resume ${by.run}, or runbook rollback ${by.run}`
  const left = isOurs ? goOn : `there: ${goOn}; where that controller is gone: ${unlock}`
  return {
    kind: 'locked',
    message: `${by.owner} is at it: ${by.doing} of ${by.runbook}, run ${by.run}`,
    detail: `lock ${by.lock}, since ${by.since}; the connection that took it ${by.connection === 'stands' ? 'still stands' : 'is gone'}`,
    hint: `wait until it has ended; if it was interrupted: ${left}`,
  }
}

/** A runner whose scripts begin only while nobody has taken the host since; then throws ProblemError kind locked. */
export function fenced(
  runner: Runner,
  { held: heldNow, probe }: { readonly held: () => Promise<Held | undefined>; readonly probe: Runner },
): Runner {
  return {
    run: async (command, options) => {
      const held = await heldNow()
      if (!held) return runner.run(command, options)
      const reply = await runner.run(fenceText(held, command), { label: labelOf(command), ...options })
      if (reply.code !== FENCED || (await probe.run(passedText(held))).code !== 0) return reply
      throw new ProblemError({
        kind: 'locked',
        message: 'somebody has taken this host from the run: nothing more is begun there',
        hint: 'look what was done there since, and by whom, before anything else; runbook resume names who has it',
      })
    },
  }
}

const labelOf = (command: Command): string => displayCommand(command).trim().split('\n')[0] ?? ''
