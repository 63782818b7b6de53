import { keepsHost } from '../engine/left-open.ts'
import { goesOn } from '../engine/run-folder.ts'
import { openJournalStore } from '../journal/store.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { RunRecord } from '../model/run-record.ts'
import { count } from '../report/layout.ts'
import { askYes } from './approval.ts'
import type { CommandOf } from './command.ts'
import type { ExitCode } from './exit-code.ts'
import { findRun, rollbacksOf } from './find-run.ts'
import { type Found, foundText, hostsOf, inventoryOf, lookOnHosts, tellUnreached } from './run-on-hosts.ts'
import { runsFolder } from './state-folder.ts'
import { visitHosts } from './visit-hosts.ts'
import type { World } from './world.ts'

/** `runbook clean RUN`: removes what a run and its rollbacks keep on the hosts, once it is over, after showing it. */
export async function cleanCommand(command: CommandOf<'clean'>, world: World): Promise<ExitCode> {
  const journals = openJournalStore(runsFolder(command.stateDir, world), { now: world.now })
  const run = await findRun(journals, command.run, 'apply')
  const record = await journals.fold(run)
  refuseRollback(record)
  const rollbacks = await rollbacksOf(journals, run)
  const ends = await Promise.all(rollbacks.map((one) => journals.fold(one)))
  refuseUnfinished(record, ends)
  const runs = [run, ...rollbacks]
  const { results, problems } = await lookOnHosts({ command, record, runs }, world)
  const found = results.flat()
  refuseRunning(found)
  if (command.output.format === 'text') world.stdout.write(foundText(found, { command, world }))
  const hosts = [...new Set(found.filter(({ folders }) => folders.length > 0).map(({ host }) => host))]
  if (hosts.length === 0) {
    world.stderr.write(`Nothing of run ${run} lies on the hosts that could be reached.\n`)
    return tellUnreached(problems, command, world)
  }
  world.stderr.write(`${consequence(record)}\n`)
  if (!(await askYes(world, { question: 'Remove all of this? Only "yes" does:', approval: command.approval }))) {
    world.stderr.write('Nothing was removed.\n')
    return 0
  }
  // Recorded before: what may be gone must not be taken for there.
  const journal = await journals.reopen(run)
  await journal.append({ type: 'run-cleaned', hosts, cleanedAt: world.now().toISOString() })
  await journal.close()
  const inventory = inventoryOf(record, command, world)
  const known = hostsOf(record, inventory).filter((host) => hosts.includes(host))
  const removed = await visitHosts({ inventory, hosts: known, reach: command.reach }, world, async (host, visit) => {
    for (const one of runs) await visit.remove(one)
    return host
  })
  world.stderr.write(`Removed from ${removed.results.join(', ') || 'no host'}.\n`)
  return tellUnreached([...problems, ...removed.problems], command, world)
}

/** What removing costs: said before it is asked. */
function consequence({ run, changes }: RunRecord): string {
  const standing = changes.filter(({ state }) => state !== 'undone').length
  return standing === 0
    ? `Run ${run} has nothing left to undo.`
    : `Run ${run} can not be rolled back any more afterwards: ${count(standing, 'change')} of it would stay.`
}

function refuseRollback({ run, started }: RunRecord): void {
  if (started.of === undefined) return
  throw new ProblemError({
    kind: 'usage',
    message: `run ${run} is a rollback, of ${started.of}`,
    hint: `what it left goes with that: runbook clean ${started.of}`,
  })
}

/** What a run that is not over needs to be gone on with, or undone, must not be taken away. */
function refuseUnfinished(record: RunRecord, rollbacks: readonly RunRecord[]): void {
  const { run, changes } = record
  const open = rollbacks.find(({ outcome }) => outcome === undefined || outcome === 'interrupted')
  const isUndone = rollbacks.some(({ outcome }) => outcome === 'rolled-back' || outcome === 'nothing-to-do')
  const isOver = record.outcome !== undefined && record.outcome !== 'interrupted' && !changes.some(keepsHost)
  if (!open && (isOver || isUndone)) return
  throw new ProblemError({
    kind: 'blocked',
    message: open ? `rollback ${open.run} of run ${run} is not finished` : `run ${run} is not finished`,
    hint: `${open ? '' : `runbook resume ${run}, or `}runbook rollback ${run}; then clean it`,
  })
}

function refuseRunning(found: readonly Found[]): void {
  const [first, ...others] = found.filter(goesOn).map(
    ({ host, processes }): Problem => ({
      kind: 'locked',
      host,
      message: 'something of this run still runs here',
      ...(processes.length > 0 ? { detail: `processes ${processes.join(', ')}` } : {}),
      hint: 'wait until it has ended; look again with `runbook runs RUN --hosts`',
    }),
  )
  if (first) throw new ProblemError(first, ...others)
}
