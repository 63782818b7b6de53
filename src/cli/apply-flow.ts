import { applyPlan } from '../engine/apply.ts'
import type { Holder, RollbackInput, RunInput } from '../engine/input.ts'
import { rollBack } from '../engine/rollback.ts'
import { mayTell, settleByReceipts } from '../engine/settle-receipts.ts'
import { makeRunId } from '../journal/run-id.ts'
import type { RunId } from '../model/id.ts'
import type { JournalStore } from '../model/journal.ts'
import type { Plan } from '../model/plan.ts'
import type { RunRecord } from '../model/run-record.ts'
import { stepKey } from '../report/event-lines.ts'
import { agreer } from './agree.ts'
import type { Approval } from './command.ts'
import { concealedJournals, revealedRecord } from './concealed.ts'
import { concealingFor, type EngineInput, planInputOf } from './engine-input.ts'
import { type ExitCode, exitCodeOfOutcome } from './exit-code.ts'
import { foldWhole } from './find-run.ts'
import { hostFolder } from './host-folder.ts'
import { locked } from './locked.ts'
import type { Telling } from './look.ts'
import { tellRun } from './tell-run.ts'
import { type Watch, watched } from './watched.ts'
import type { World } from './world.ts'

interface Flow extends Omit<EngineInput, 'emit'> {
  readonly allowIrreversible: boolean
  readonly approval: Approval // for what steps ask
}

/** Applies an approved plan, as a run of its own or going on with one; tells how it goes and how it ended. */
export async function applyNow(telling: Telling, flow: Flow & { readonly plan: Plan }): Promise<ExitCode> {
  const run = flow.past?.run ?? (await newRun(telling, flow.journals))
  const phase = changing(flow, {
    title: `${flow.past ? 'Resuming' : 'Applying'} ${flow.prepared.runbook.name}`,
    next: `runbook resume ${run}; runbook rollback ${run}`,
  })
  const summary = await alone(telling, flow, { verb: 'apply', run }, () =>
    watched(telling, phase, async (watch) => applyPlan({ ...(await runInput(flow, { run, watch })), plan: flow.plan })),
  )
  tellRun(summary, await flow.journals.fold(run), telling)
  return exitCodeOfOutcome(summary.outcome)
}

/** Asks the hosts how commands ended that an interrupted run was not there to hear of; gives the run as it is then. */
export async function settleNow(
  telling: Telling,
  flow: Omit<Flow, 'allowIrreversible'> & { readonly past: RunRecord },
): Promise<RunRecord> {
  const { past, prepared, journals } = flow
  if (!past.changes.some(mayTell)) return past
  const hosts = prepared.hosts.map((host) => host.name)
  const phase = { title: `Settling ${prepared.runbook.name}`, hosts, after: 'cleared', during: 'looking' } as const
  const asked = { ...flow, allowIrreversible: false }
  await alone(telling, asked, { verb: 'resume', run: past.run }, () =>
    watched(telling, phase, async (watch) => {
      const input = await runInput(asked, { run: past.run, watch })
      await settleByReceipts(input, input.past?.changes ?? [])
    }),
  )
  return journals.fold(past.run)
}

/** Undoes a run, tells how it goes and how it ended. */
export async function rollBackNow(
  telling: Telling,
  flow: Flow & Pick<RollbackInput, 'said'> & { readonly record: RunRecord },
): Promise<ExitCode> {
  const { record, journals } = flow
  const run = await newRun(telling, journals)
  const names = new Map(record.changes.map((change) => [stepKey(change), change.name]))
  const words = { title: `Rolling back ${flow.prepared.runbook.name}`, next: `runbook rollback ${record.run}` }
  const summary = await alone(telling, flow, { verb: 'rollback', run, of: record.run }, () =>
    watched(telling, { ...changing(flow, words), names }, async (watch) =>
      rollBack({
        ...(await runInput(flow, { run, watch })),
        ...(flow.said ? { said: flow.said } : {}),
        record: revealedRecord(record, { marks: flow.world.secrets.marks(), seal: await journals.hashSeal() }),
      }),
    ),
  )
  tellRun(summary, await foldWhole(journals, run), telling)
  return exitCodeOfOutcome(summary.outcome)
}

/** While nobody else on this controller changes hosts of the same inventory. */
const alone = <T>(
  { world }: Telling,
  { prepared }: Flow,
  { verb, run, of = run }: { readonly verb: string; readonly run: RunId; readonly of?: RunId },
  work: () => Promise<T>,
): Promise<T> => locked(prepared, { world, what: `${verb} of ${prepared.runbook.name}, run ${run}`, run: of }, work)

/** Behind all that there are: what undoes a run is looked for among the later ones. */
const newRun = async ({ world }: Telling, journals: JournalStore): Promise<RunId> =>
  makeRunId(world.now(), world.randomBytes(10), (await journals.list())[0])

const changing = ({ prepared }: Flow, words: { readonly title: string; readonly next: string }) =>
  ({
    ...words,
    hosts: prepared.hosts.map((host) => host.name),
    after: 'kept',
    during: 'changing',
    // a question needs the screen for itself
    view: prepared.runbook.stages.some(({ steps }) => steps.some(({ module }) => module.asks)) ? 'lines' : 'auto',
  }) as const

/** A lock of this run alone: whoever goes on with the run takes another. */
const holderOf = ({ userName, machineName, randomBytes }: World): Holder => ({
  lock: randomBytes(8).toString('hex'),
  owner: `${userName}@${machineName}`,
})

async function runInput(flow: Flow, { run, watch }: { readonly run: RunId; readonly watch: Watch }): Promise<RunInput> {
  const planInput = await planInputOf({ ...flow, emit: watch.emit })
  return {
    ...planInput,
    run,
    journals: concealedJournals(flow.journals, flow.world.secrets, concealingFor(flow.world, flow.prepared)),
    hostFolder: hostFolder(flow.world),
    holder: holderOf(flow.world),
    approve: agreer(flow.world, flow.approval),
    stopRequested: watch.stop.requested,
    atWork: watch.stop.atWork,
    allowIrreversible: flow.allowIrreversible,
  }
}
