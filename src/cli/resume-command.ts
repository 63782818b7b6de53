import { existsSync } from 'node:fs'
import path from 'node:path'
import { openJournalStore } from '../journal/store.ts'
import type { Outcome } from '../model/event.ts'
import type { JournalStore } from '../model/journal.ts'
import { ProblemError } from '../model/problem.ts'
import type { RunRecord } from '../model/run-record.ts'
import type { Runbook } from '../model/runbook.ts'
import { loadUnifiedDiff } from '../modules/shared/unified-diff.ts'
import { versionLine } from '../report/jsonl.ts'
import { applyNow, settleNow } from './apply-flow.ts'
import { askToApply } from './approval.ts'
import { prepareAsThen, runbookOfThen } from './as-then.ts'
import type { CommandOf } from './command.ts'
import type { ExitCode } from './exit-code.ts'
import { findRun, rollbackOf } from './find-run.ts'
import { openRunbook } from './open-files.ts'
import { planNow } from './plan-flow.ts'
import { sayingWhoChangedIt } from './resume-away.ts'
import { refuseUnknown, settleAsSaid } from './settle-as-said.ts'
import { runsFolder } from './state-folder.ts'
import { refuseBlocked, tellPlan } from './tell-plan.ts'
import { versionOf } from './version.ts'
import type { World } from './world.ts'

type Resume = CommandOf<'resume'>

/** `runbook resume RUN`: goes on with a run that was interrupted, as the same run. */
export async function resumeCommand(command: Resume, world: World): Promise<ExitCode> {
  const telling = { world, output: command.output }
  const journals = openJournalStore(runsFolder(command.stateDir, world), world)
  const run = await findRun(journals, command.run, 'apply')
  const over = await reasonNotToGoOn(journals, await journals.fold(run))
  if (over !== undefined) {
    world.stderr.write(`${over}\n`)
    return 0
  }
  const before = await settleAsSaid(journals, run, command.settle)
  const runbook = await runbookToGoOnWith(before, command, world)
  const prepared = await prepareAsThen(before, { command, world, runbook })
  const reach = { prepared, world, forks: command.reach.forks, journals }
  if (command.output.format === 'json') world.stdout.write(versionLine(versionOf(world)))
  const past = await settleNow(telling, { ...reach, past: before, approval: command.approval })
  refuseUnknown(past)
  const engine = { ...reach, past }
  const plan = await planNow(telling, engine).catch((error: unknown) => {
    throw sayingWhoChangedIt(error, past)
  })
  tellPlan(plan, { telling })
  refuseBlocked(plan)
  const consent = await askToApply(plan, { approval: command.approval, world })
  if (consent.goOn === 'yes')
    return applyNow(telling, {
      ...engine,
      plan,
      approval: command.approval,
      allowIrreversible: consent.irreversible === 'yes',
    })
  world.stderr.write('Not resumed; nothing was changed.\n')
  return 0
}

const OVER: ReadonlySet<Outcome> = new Set(['applied', 'nothing-to-do', 'target-missed'])
const UNDONE: ReadonlySet<Outcome> = new Set(['failed-rolled-back', 'rollback-failed'])

/** In words, that nothing is left to do. Throws ProblemError where going on would be wrong. */
async function reasonNotToGoOn(journals: JournalStore, record: RunRecord): Promise<string | undefined> {
  const { run, outcome, started, changes } = record
  if (outcome !== undefined && OVER.has(outcome)) return `Run ${run} is over (${outcome}): nothing is left to resume.`
  const rollback = await rollbackOf(journals, run)
  if (rollback !== undefined || (outcome !== undefined && UNDONE.has(outcome))) {
    const open = changes.some((change) => change.state !== 'undone')
    throw new ProblemError({
      kind: 'usage',
      message: `run ${run} was rolled back${rollback === undefined ? '' : ` by ${rollback}`}: it cannot go on`,
      hint: open
        ? `finish that: runbook rollback ${run}`
        : `to do it again from the start: runbook apply ${started.runbook.name}`,
    })
  }
  if (changes.some(({ undoOpen }) => undoOpen)) {
    throw new ProblemError({
      kind: 'usage',
      message: `run ${run} was being undone when it was interrupted: what it did may be undone by now`,
      hint: `finish that: runbook rollback ${run}`,
    })
  }
  return undefined
}

/** The runbook as it is now where that is the same or was agreed to, else a problem that shows the difference. */
async function runbookToGoOnWith(record: RunRecord, { changes }: Resume, world: World): Promise<Runbook> {
  const then = runbookOfThen(record)
  if (!existsSync(path.resolve(world.cwd, then.file))) return then // its journal has it
  const now = openRunbook(then.file, world)
  if (now.sha256 === then.sha256) return then
  if (changes === 'accepted') return keepingChanged(record, now)
  const diff = await loadUnifiedDiff()
  throw new ProblemError({
    kind: 'plan-stale',
    message: `the runbook ${then.file}${now.includes ? ', or one that it includes,' : ''} has changed since the run began`,
    detail: changesBetween(then, now, diff),
    hint: 'put it back, or go on with it as it is now: --accept-changes; or undo: runbook rollback',
  })
}

/** The difference of each file that changed, the runbook's own first. */
const changesBetween = (
  then: Runbook,
  now: Runbook,
  diff: (name: string, before: string, after: string) => string,
): string =>
  [then, ...(then.included ?? [])]
    .map(({ name, file, text }) => {
      const current = name === then.name ? now.text : now.included?.find((one) => one.name === name)?.text
      return current === text ? '' : diff(file, text, current ?? '')
    })
    .join('')

/** What was changed must be found again in the runbook, or it could not be undone. */
function keepingChanged(record: RunRecord, now: Runbook): Runbook {
  const lost = record.changes.find(
    ({ stage, step }) => !now.stages[stage]?.steps.some((candidate) => candidate.id === step),
  )
  if (!lost) return now
  throw new ProblemError({
    kind: 'plan-stale',
    message: `step ${lost.step} has changed ${lost.host} and is no longer in stage ${lost.stage + 1} of ${now.file}`,
    hint: `give it back its id and its stage, or undo what was done: runbook rollback ${record.run}`,
  })
}
