import { openJournalStore } from '../journal/store.ts'
import type { RunRecord } from '../model/run-record.ts'
import { runReportJson } from '../report/run-report-json.ts'
import { runReportMarkdown } from '../report/run-report-markdown.ts'
import { runReportText } from '../report/run-report-text.ts'
import type { CommandOf } from './command.ts'
import { findRun, foldWhole } from './find-run.ts'
import { styleFor } from './look.ts'
import { runsFolder } from './state-folder.ts'
import type { World } from './world.ts'

/** `runbook report RUN`: what a run changed where, and what was measured. */
export async function reportCommand(command: CommandOf<'report'>, world: World): Promise<0> {
  const journals = openJournalStore(runsFolder(command.stateDir, world), { now: world.now })
  const record = await foldWhole(journals, await findRun(journals, command.run))
  world.stdout.write(render(record, command, world))
  return 0
}

function render(record: RunRecord, { format, output }: CommandOf<'report'>, world: World): string {
  switch (format) {
    case 'text':
      return runReportText(record, styleFor(world.stdout, { world, output }))
    case 'markdown':
      return runReportMarkdown(record)
    case 'json':
      return runReportJson(record)
  }
}
