import { type FoundRun, goesOn } from '../engine/run-folder.ts'
import { hostOf } from '../load/select-hosts.ts'
import { escapeLine } from '../model/escape.ts'
import type { HostName, RunId } from '../model/id.ts'
import type { Inventory } from '../model/inventory.ts'
import type { JournalStore } from '../model/journal.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { RunRecord } from '../model/run-record.ts'
import { foundLines } from '../report/run-folder-text.ts'
import type { CommandOf, Output, Reach, Targets } from './command.ts'
import { type ExitCode, exitCodeOfProblems } from './exit-code.ts'
import { findRun, rollbacksOf } from './find-run.ts'
import { styleFor } from './look.ts'
import { openInventory } from './open-files.ts'
import { tellProblems } from './tell-problems.ts'
import { type Visited, visitHosts } from './visit-hosts.ts'
import type { World } from './world.ts'

/** What lies on a host of a run and of the rollbacks of it. */
export interface Found extends FoundRun {
  readonly host: HostName
  readonly run: RunId
}

export interface Looking {
  readonly command: { readonly targets: Targets; readonly reach: Reach; readonly output: Output }
  readonly record: RunRecord
  readonly runs: readonly RunId[] // it, and the rollbacks of it
}

/** `runbook runs RUN --hosts`. */
export async function showOnHosts(
  command: CommandOf<'runs'>,
  { journals, world }: { readonly journals: JournalStore; readonly world: World },
): Promise<ExitCode> {
  if (command.run === undefined)
    throw new ProblemError({ kind: 'usage', message: 'whose hosts?', hint: 'name a run: runbook runs last --hosts' })
  const run = await findRun(journals, command.run)
  const record = await journals.fold(run)
  const runs = [run, ...(await rollbacksOf(journals, run))]
  const { results, problems } = await lookOnHosts({ command, record, runs }, world)
  const found = results.flat()
  if (command.output.format === 'json') world.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`)
  else world.stdout.write(foundText(found, { command, world }))
  return tellUnreached(problems, command, world)
}

/** Looks at each host that the run worked on, as the inventory says now how it is reached. */
export function lookOnHosts({ command, record, runs }: Looking, world: World): Promise<Visited<readonly Found[]>> {
  const inventory = inventoryOf(record, command, world)
  const hosts = hostsOf(record, inventory)
  return visitHosts({ inventory, hosts, reach: command.reach }, world, (host, visit) =>
    Promise.all(runs.map(async (run) => ({ host, run, ...(await visit.run(run)) }))),
  )
}

export const inventoryOf = (
  { started }: RunRecord,
  { targets, output }: Pick<Looking['command'], 'targets' | 'output'>,
  world: World,
): Inventory =>
  openInventory(targets.inventories.length > 0 ? targets.inventories : started.inventory.sources, { world, output })

/** The hosts of a run, and those that it worked on besides. Throws ProblemError for one that the inventory has no more. */
export function hostsOf({ started, changes }: RunRecord, inventory: Inventory): readonly HostName[] {
  const names = [...started.hosts, ...(started.also ?? []), ...changes.flatMap(({ on }) => on ?? [])]
  const hosts = [...new Set(names)]
  const lost = hosts.filter((host) => !hostOf(inventory, host))
  if (lost.length === 0) return hosts
  throw new ProblemError({
    kind: 'reference',
    message: `the inventory has no host ${lost.join(', ')}, which the run worked on`,
    hint: 'give the inventory of then: -i FILE',
  })
}

/** Host by host; of rollbacks only where something lies there. */
export function foundText(
  found: readonly Found[],
  { command, world }: { readonly command: Looking['command']; readonly world: World },
): string {
  const style = styleFor(world.stdout, { world, output: command.output })
  const first = found[0]?.run
  return found
    .filter((one) => one.run === first || one.folders.length > 0 || goesOn(one))
    .flatMap((one) => [
      `${style.bold(escapeLine(one.host))}${one.run === first ? '' : ` rollback ${one.run}`}`,
      ...foundLines(one).map((line) => `  ${line}`),
    ])
    .map((line) => `${line}\n`)
    .join('')
}

/** What kept hosts from being looked at; the exit code is theirs. */
export function tellUnreached(
  problems: readonly Problem[],
  { output }: { readonly output: Output },
  world: World,
): ExitCode {
  const [first, ...others] = problems
  if (!first) return 0
  tellProblems(problems, { world, output })
  return exitCodeOfProblems([first, ...others])
}
