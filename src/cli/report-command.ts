import path from 'node:path'
import { openJournalStore } from '../journal/store.ts'
import type { RunRecord } from '../model/run-record.ts'
import { runReportJson } from '../report/run-report-json.ts'
import { runReportMarkdown } from '../report/run-report-markdown.ts'
import { type Pictures, runReportText } from '../report/run-report-text.ts'
import type { CommandOf } from './command.ts'
import { drawProfiles } from './draw-profiles.ts'
import { findRun, foldWhole } from './find-run.ts'
import { styleFor } from './look.ts'
import { runsFolder } from './state-folder.ts'
import type { World } from './world.ts'

/** `runbook report RUN`: what a run changed where, and what was measured. */
export async function reportCommand(command: CommandOf<'report'>, world: World): Promise<0> {
  const runs = runsFolder(command.stateDir, world)
  const journals = openJournalStore(runs, { now: world.now })
  const record = await foldWhole(journals, await findRun(journals, command.run))
  const folder = path.join(runs, record.run)
  const into = command.svg === undefined ? undefined : path.resolve(world.cwd, command.svg)
  const pictures: Pictures = into === undefined ? new Map() : await drawProfiles({ record, folder, into })
  world.stdout.write(render(record, { command, world, folder, pictures }))
  return 0
}

interface Rendering {
  readonly command: CommandOf<'report'>
  readonly world: World
  readonly folder: string // of the run's record
  readonly pictures: Pictures
}

function render(record: RunRecord, { command, world, folder, pictures }: Rendering): string {
  const { format, output } = command
  switch (format) {
    case 'text':
      return runReportText(record, { style: styleFor(world.stdout, { world, output }), folder, pictures })
    case 'markdown':
      return runReportMarkdown(record, pictures)
    case 'json':
      return runReportJson(record)
  }
}
