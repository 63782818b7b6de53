import { openJournalStore } from '../journal/store.ts'
import type { Outcome } from '../model/event.ts'
import type { JournalStore } from '../model/journal.ts'
import { ProblemError } from '../model/problem.ts'
import type { RunRecord } from '../model/run-record.ts'
import { versionLine } from '../report/jsonl.ts'
import { undoText } from '../report/undo-text.ts'
import { rollBackNow } from './apply-flow.ts'
import { askYes } from './approval.ts'
import { prepareAsThen, runbookOfThen } from './as-then.ts'
import type { CommandOf, Said } from './command.ts'
import type { ExitCode } from './exit-code.ts'
import { findRun, rollbackOf } from './find-run.ts'
import { styleFor } from './look.ts'
import { runsFolder } from './state-folder.ts'
import { versionOf } from './version.ts'
import type { World } from './world.ts'

type Rollback = CommandOf<'rollback'>

/** `runbook rollback RUN`: undoes what the run changed and no earlier rollback undid. */
export async function rollbackCommand(command: Rollback, world: World): Promise<ExitCode> {
  const telling = { world, output: command.output }
  const journals = openJournalStore(runsFolder(command.stateDir, world), world)
  const record = await journals.fold(await findRun(journals, command.run, 'apply'))
  refuseRollbackOfRollback(record)
  if (command.output.format === 'json') world.stdout.write(versionLine(versionOf(world)))
  else world.stdout.write(undoText(record, styleFor(world.stdout, telling)))
  const isUndone = record.changes.every((change) => change.state === 'undone')
  const isOver = (await latestOutcome(journals, record)) !== undefined
  if (isUndone && isOver) return 0 // a run that was killed may still hold its hosts
  refuseCleaned(record)
  refuseIdleWords(record, command.settle)
  const prepared = await prepareAsThen(record, { command, world, runbook: runbookOfThen(record) })
  if (
    !isUndone &&
    !(await askYes(world, { question: 'Undo these changes? Only "yes" does:', approval: command.approval }))
  ) {
    world.stderr.write('Not rolled back; nothing was changed.\n')
    return 0
  }
  return rollBackNow(telling, {
    prepared,
    world,
    forks: command.reach.forks,
    journals,
    record,
    said: command.settle,
    approval: command.approval,
    allowIrreversible: true,
  })
}

/** How the newest rollback of a run ended, or the run itself where there is none; undefined: that was killed. */
async function latestOutcome(journals: JournalStore, record: RunRecord): Promise<Outcome | undefined> {
  const rollback = await rollbackOf(journals, record.run)
  return rollback === undefined ? record.outcome : (await journals.fold(rollback)).outcome
}

/** What changes replaced lay on the hosts and was removed. */
function refuseCleaned({ run, changes, cleaned = [] }: RunRecord): void {
  const open = changes.filter(({ host, on, state }) => state !== 'undone' && cleaned.includes(on ?? host))
  if (open.length === 0) return
  throw new ProblemError({
    kind: 'blocked',
    message: `run ${run} cannot be rolled back: what it kept on its hosts was removed with \`runbook clean\``,
    detail: open.map(({ host, name, change }) => `${host}: ${name}: ${change.summary}`).join('\n'),
    hint: 'undo by hand what is listed; `runbook report` shows what was before and after',
  })
}

/** Words about an undo whose end is known would be taken for something else. */
function refuseIdleWords({ changes }: RunRecord, said: readonly Said[]): void {
  const open = changes.filter(({ undoOpen }) => undoOpen).map(({ step, host }) => `${step}@${host}`)
  const idle = said.find(({ step, host }) => !open.some((place) => place === `${step}@${host}`))
  if (!idle) return
  throw new ProblemError({
    kind: 'usage',
    message: `--settle ${idle.step}@${idle.host}: no undo is in doubt there`,
    hint: open.length === 0 ? 'leave it out' : `in doubt: ${open.join(', ')}`,
  })
}

function refuseRollbackOfRollback({ started, run }: RunRecord): void {
  if (started.verb === 'apply') return
  throw new ProblemError({
    kind: 'usage',
    message: `run ${run} is itself a rollback, of ${started.of}`,
    hint: `to make its changes again: runbook apply ${started.runbook.name}`,
  })
}
