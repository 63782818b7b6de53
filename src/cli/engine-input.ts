import type { PlanInput } from '../engine/input.ts'
import { owedAcross } from '../journal/fold.ts'
import { type Concealing, makeConcealing } from '../model/conceal.ts'
import type { Emit } from '../model/event.ts'
import type { JournalStore } from '../model/journal.ts'
import { problemsOf } from '../model/problem.ts'
import type { OwedRestart, RunRecord } from '../model/run-record.ts'
import { createTransport } from '../transport/transport.ts'
import { clockOf } from './clock.ts'
import { concealedEmit, revealedRecord } from './concealed.ts'
import type { Prepared } from './prepare.ts'
import { versionOf } from './version.ts'
import type { World } from './world.ts'

export interface EngineInput {
  readonly prepared: Prepared
  readonly world: World
  readonly forks: number
  readonly journals: JournalStore
  readonly emit: Emit
  readonly past?: RunRecord // of the run that is gone on with
}

/** What the engine needs to plan: the prepared runbook with the real world behind it. */
export async function planInputOf({ prepared, world, forks, journals, emit, past }: EngineInput): Promise<PlanInput> {
  // A guard on how things stand before a run does not hold in the middle of it: `resuming` tells which it is.
  const resuming = past !== undefined
  const concealing = concealingFor(world, prepared)
  return {
    ...prepared,
    hosts: prepared.hosts.map((host) => ({ ...host, variables: { ...host.variables, resuming } })),
    transport: createTransport({ randomBytes: world.randomBytes }),
    clock: clockOf(world),
    emit: concealedEmit(emit, world.secrets, concealing),
    concealing,
    tool: versionOf(world),
    forks,
    owed: await owedBefore(prepared.runbook.name, { journals, world }),
    ...(past ? { past: revealedRecord(past, { marks: world.secrets.marks(), seal: await journals.hashSeal() }) } : {}),
  }
}

/** Passwords are kept out of everything as well, also where no parameter is secret. */
export const concealingFor = ({ secrets }: World, { salt = '' }: Pick<Prepared, 'salt'>): Concealing =>
  makeConcealing(secrets.redactor, salt)

/** The restarts that earlier runs of the runbook still owe. A journal that cannot be read is told and left out. */
async function owedBefore(
  runbook: string,
  { journals, world }: { readonly journals: JournalStore; readonly world: World },
): Promise<readonly OwedRestart[]> {
  const runs = (await journals.list()).toReversed()
  const records: RunRecord[] = []
  for (const run of runs) {
    try {
      records.push(await journals.fold(run))
    } catch (error) {
      world.stderr.write(
        `warning: run ${run} cannot be read, and what it may still owe is not known: ${problemsOf(error)[0].message}\n`,
      )
    }
  }
  return owedAcross(records.filter((record) => record.started.runbook.name === runbook))
}
