import { openJournalStore } from '../journal/store.ts'
import { escapeLine } from '../model/escape.ts'
import type { RunId } from '../model/id.ts'
import type { JournalStore } from '../model/journal.ts'
import { problemsOf } from '../model/problem.ts'
import { makeEventLines } from '../report/event-lines.ts'
import { eventLine, versionLine } from '../report/jsonl.ts'
import { columns } from '../report/layout.ts'
import type { CommandOf } from './command.ts'
import type { ExitCode } from './exit-code.ts'
import { findRun } from './find-run.ts'
import { styleFor, type Telling } from './look.ts'
import { runsFolder } from './state-folder.ts'
import { versionOf } from './version.ts'
import type { World } from './world.ts'

/** `runbook runs`: what was run, newest first; `runbook runs RUN`: its events. */
export async function runsCommand(command: CommandOf<'runs'>, world: World): Promise<ExitCode> {
  const journals = openJournalStore(runsFolder(command.stateDir, world), { now: world.now })
  if (command.hosts === 'looked-at') {
    const { showOnHosts } = await import('./run-on-hosts.ts') // with the inventory's and the transport's libraries
    return showOnHosts(command, { journals, world })
  }
  if (command.run === undefined) await listRuns(journals, { world, output: command.output })
  else await showRun(journals, await findRun(journals, command.run), { world, output: command.output })
  return 0
}

interface Row {
  readonly run: RunId
  readonly startedAt: string
  readonly verb: string
  readonly runbook: string
  readonly hosts: number
  readonly outcome: string
}

async function listRuns(journals: JournalStore, { world, output }: Telling): Promise<void> {
  const rows = await Promise.all((await journals.list()).map((run) => rowOf(journals, run)))
  if (output.format === 'json') {
    world.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
    return
  }
  if (rows.length === 0) world.stderr.write('No run is recorded yet.\n')
  const lines = columns(
    rows.map((row) => [row.run, row.startedAt.slice(0, 16).replace('T', ' '), row.outcome, escapeLine(row.runbook)]),
  )
  for (const line of lines) world.stdout.write(`${line}\n`)
}

/** A damaged journal is listed as that: one bad record must not hide the others. */
async function rowOf(journals: JournalStore, run: RunId): Promise<Row> {
  try {
    const { started, outcome } = await journals.fold(run)
    const { verb, startedAt, runbook, hosts } = started
    const what = verb === 'apply' ? runbook.name : `${runbook.name} (rollback of ${started.of})`
    return { run, startedAt, verb, runbook: what, hosts: hosts.length, outcome: outcome ?? 'unfinished' }
  } catch (error) {
    return { run, startedAt: '', verb: '', runbook: problemsOf(error)[0].message, hosts: 0, outcome: 'damaged' }
  }
}

async function showRun(journals: JournalStore, run: RunId, telling: Telling): Promise<void> {
  const { world, output } = telling
  const records = await journals.read(run)
  if (output.format === 'json') {
    world.stdout.write(versionLine(versionOf(world)))
    for (const { event, time } of records) world.stdout.write(eventLine(event, new Date(time)))
    return
  }
  const linesOf = makeEventLines({ style: styleFor(world.stdout, telling), detail: 'verbose', hosts: 'named' })
  for (const { event, time } of records) {
    for (const line of linesOf(event)) world.stdout.write(`${time.slice(11, 19)} ${line}\n`)
  }
}
