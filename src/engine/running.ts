import type { Outcome, RecordedEvent, RecordedRunbook } from '../model/event.ts'
import type { HostName, RunId } from '../model/id.ts'
import type { Journal } from '../model/journal.ts'
import type { PlannedDecision } from '../model/plan.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { ChangeRecord } from '../model/run-record.ts'
import type { Runbook, Step } from '../model/runbook.ts'
import { workplaceOf } from './elsewhere.ts'
import { type Contexts, openContext, type Workplace } from './host-context.ts'
import { type HostLocks, takeHostLocks } from './host-lock.ts'
import type { RunInput, RunSummary } from './input.ts'
import { keepsHost } from './left-open.ts'
import { isAway } from './link.ts'
import type { Need } from './need.ts'
import type { OpenHosts } from './open-hosts.ts'

/** A run in progress: its input, its open hosts, its journal. */
export interface Running {
  readonly input: RunInput
  readonly contexts: Contexts
  /** Durable before it resolves, then shown. */
  record(event: RecordedEvent): Promise<void>
  /** Durable before it resolves; recorded by whoever calls it. */
  keep: Journal['keep']
  readonly locks?: HostLocks // absent: nothing is changed
}

/** A step on a host in a stage. */
export interface Place {
  readonly stage: number
  readonly host: HostName
  readonly step: Step
  /** What the approved plan says; absent where the step is not part of the plan (before an undo). */
  readonly planned?: PlannedDecision
  readonly plannedOn?: HostName | undefined // the host that the plan says it works on
  /** Where its effects are, where that is known and another host than its own. */
  readonly at?: Workplace
}

/** The step that made a recorded change. */
export function stepOf(runbook: Runbook, change: Pick<ChangeRecord, 'stage' | 'step'>): Step {
  const step = runbook.stages[change.stage]?.steps.find((candidate) => candidate.id === change.step)
  if (!step) throw new Error(`the runbook has no step ${change.step}`)
  return step
}

/** Where a recorded change was made: on the host that its `on` named then. */
export async function placeOf({ contexts }: Running, record: ChangeRecord, step: Step): Promise<Place> {
  const { stage, host, on } = record
  return { stage, host, step, ...(on === undefined ? {} : { at: await workplaceOf({ contexts, host, step }, on) }) }
}

/** Where a step's pre-images lie on its host. */
export const folderOf = (input: RunInput, name: string): string => `${input.hostFolder}/${input.run}/${name}`

/** Throws when the user asked to stop: no further step starts. */
export function stopIfAsked(input: RunInput): void {
  if (input.stopRequested())
    throw new ProblemError({ kind: 'interrupted', message: 'stopped on request, between two steps' })
}

/** Waits `ms`, looking once a second whether the user asked to stop. */
export async function pause(input: RunInput, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1000) {
    stopIfAsked(input)
    await input.clock.sleep(Math.min(left, 1000))
  }
}

/** How a run ends. */
export interface Ending {
  readonly outcome: Outcome
  readonly problems: readonly Problem[]
}

export interface Doing {
  readonly verb: 'apply' | 'rollback'
  readonly of?: RunId // the run that a rollback undoes
  readonly also: readonly HostName[] // that it is known to work on, besides those of the run
  readonly need?: (host: HostName) => Need // absent: all at once
}

export interface Journaling {
  readonly open: OpenHosts
  readonly doing: Doing
  /** What must hold before the first write; throws ProblemError. */
  readonly check?: () => Promise<void>
  readonly work: (running: Running) => Promise<Ending>
}

/** Does `work` as a run with a journal of its own, or goes on with one: its start is recorded first, its ending last. */
export async function journaled(input: RunInput, { open, doing, check, work }: Journaling): Promise<RunSummary> {
  const journal = await (input.past ? input.journals.reopen(input.run) : input.journals.create(input.run))
  const record: Running['record'] = async (event) => {
    await journal.append(event)
    input.emit(event)
  }
  const locks = await begin(input, { journal, open, doing, ...(check ? { check } : {}) })
  // What was foreseen while planning on these connections is forgotten: a run starts from what is.
  const scripts = { count: 0 }
  const contexts = new Map(
    [...open.contexts].map(([host, context]) => [host, openContext(context, context.elsewhere, scripts)]),
  )
  try {
    const ending = await work({ input, contexts, record, keep: journal.keep, ...(locks ? { locks } : {}) })
    // A run whose record says that it is over holds nothing: who is killed in between goes on, and gives back then.
    await locks?.release(await leftInDoubt(input, doing.of))
    await record({ type: 'run-finished', ...ending, finishedAt: input.clock.now().toISOString() })
    return { run: input.run, ...ending }
  } finally {
    await journal.close()
  }
}

/**
 * Records the start, takes the hosts, and checks meanwhile. A new run is recorded first: a lock always has a record that leads
 * out of it. One that may not begin is forgotten, and leaves no lock.
 */
async function begin(
  input: RunInput,
  { journal, open, doing, check }: Pick<Journaling, 'open' | 'doing' | 'check'> & { readonly journal: Journal },
): Promise<HostLocks | undefined> {
  const start = input.past ? resumptionOf(input) : startOf(input, doing)
  try {
    if (!input.past) await journal.append(start)
    const [taken, checked] = await Promise.allSettled([takeAll(input, open, doing), check?.()])
    if (taken.status === 'rejected') throw taken.reason
    if (checked.status === 'rejected') {
      await taken.value?.release(await stillHeld(input, doing))
      throw checked.reason
    }
    if (input.past) await journal.append(start)
    input.emit(start)
    return taken.value
  } catch (error) {
    await journal.close()
    if (!input.past) await input.journals.discard(input.run).catch(() => undefined) // the first failure is told
    throw error
  }
}

/** The hosts of the run, and others that it is known to work on; those that answer late are taken before anything else then. */
async function takeAll(input: RunInput, open: OpenHosts, doing: Doing): Promise<HostLocks | undefined> {
  const { holder } = input
  if (!holder) return undefined
  const own = [...open.contexts.values()]
  const others = doing.also.filter((host) => !open.contexts.has(host))
  const elsewhere = await Promise.all(
    others.flatMap((host) => own[0]?.elsewhere.open(host).catch(unlessNeeded(doing, host)) ?? []),
  )
  const errand = { input, holder, run: doing.of ?? input.run, doing: doing.verb, kept: await stillHeld(input, doing) }
  const here = own.filter(({ connection }) => !connection.isAwaited())
  const locks = await takeHostLocks(errand, [...here, ...elsewhere.flat()], await open.identities())
  for (const { target, connection } of open.late) connection.before((link) => locks.take({ target, connection: link }))
  return locks
}

/** A host that is down keeps nobody from what is to be undone on others. */
const unlessNeeded =
  ({ need }: Doing, host: HostName) =>
  (error: unknown): readonly [] => {
    if (need?.(host) === 'never' && isAway(error)) return []
    throw error
  }

/** The hosts that a run which was interrupted holds already, and keeps when it may not go on now. */
async function stillHeld(input: RunInput, { of, also }: Doing): Promise<ReadonlySet<HostName>> {
  if (!input.past && of === undefined) return new Set()
  const { outcome } = await input.journals.fold(of ?? input.run)
  return outcome === undefined ? new Set([...input.hosts.map(({ name }) => name), ...also]) : leftInDoubt(input, of)
}

/** The hosts that keep their lock: nobody knows how something ended there. */
async function leftInDoubt({ journals, run }: RunInput, of: RunId | undefined): Promise<ReadonlySet<HostName>> {
  const { changes } = await journals.fold(of ?? run)
  return new Set(changes.filter(keepsHost).flatMap(({ host, on }) => [host, on ?? host]))
}

const resumptionOf = ({ runbook, tool, clock }: RunInput): RecordedEvent => ({
  type: 'run-resumed',
  tool,
  resumedAt: clock.now().toISOString(),
  runbook: textOf(runbook),
})

const textOf = ({ name, file, sha256, text, included }: Runbook): RecordedRunbook => ({
  name,
  file,
  sha256,
  text,
  ...(included ? { included } : {}),
})

function startOf(input: RunInput, doing: Doing): RecordedEvent {
  const { runbook, inventory, params, run, tool, salt } = input
  return {
    type: 'run-started',
    run,
    verb: doing.verb,
    ...(doing.of === undefined ? {} : { of: doing.of }),
    ...(doing.also.length === 0 ? {} : { also: doing.also }),
    tool,
    startedAt: input.clock.now().toISOString(),
    runbook: textOf(runbook),
    inventory,
    ...(salt === undefined ? {} : { salt }),
    params,
    hosts: input.hosts.map((host) => host.name),
  }
}
