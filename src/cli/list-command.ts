import { listRunbooks, type RunbookSummary } from '../load/find-runbook.ts'
import { escapeLine } from '../model/escape.ts'
import type { Style } from '../report/style.ts'
import type { CommandOf } from './command.ts'
import { styleFor } from './look.ts'
import { runbookFolders } from './runbook-folders.ts'
import type { World } from './world.ts'

/** `runbook list`: every runbook with what it is for. A broken file is listed as that. */
export function listCommand({ output }: CommandOf<'list'>, world: World): 0 {
  const folders = runbookFolders(world)
  const runbooks = listRunbooks(folders)
  if (output.format === 'json') {
    world.stdout.write(`${JSON.stringify(runbooks, undefined, 2)}\n`)
    return 0
  }
  if (runbooks.length === 0) world.stderr.write(`There are no runbooks in ${folders.join(', ')}.\n`)
  const style = styleFor(world.stdout, { world, output })
  for (const runbook of runbooks) world.stdout.write(`${runbookLines(runbook, style).join('\n')}\n`)
  return 0
}

const runbookLines = ({ name, summary, symptoms, file, problem }: RunbookSummary, style: Style): readonly string[] => [
  style.bold(escapeLine(name)),
  problem ? `  ${style.red('cannot be read')}: runbook validate ${escapeLine(file)}` : `  ${escapeLine(summary)}`,
  ...symptoms.map((symptom) => style.dim(`  - ${escapeLine(symptom)}`)),
]
