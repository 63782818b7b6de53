import type { LockOwner } from '../engine/lock-owner.ts'
import { type FoundRun, goesOn, type HostVisit } from '../engine/run-folder.ts'
import { openJournalStore } from '../journal/store.ts'
import { selectHosts } from '../load/select-hosts.ts'
import { escapeLine } from '../model/escape.ts'
import type { HostName } from '../model/id.ts'
import { type Problem, ProblemError, unwrap } from '../model/problem.ts'
import { foundLines } from '../report/run-folder-text.ts'
import { askYes } from './approval.ts'
import type { CommandOf } from './command.ts'
import type { ExitCode } from './exit-code.ts'
import { openInventory } from './open-files.ts'
import { tellUnreached } from './run-on-hosts.ts'
import { runsFolder } from './state-folder.ts'
import { visitHosts } from './visit-hosts.ts'
import type { World } from './world.ts'

/** A host that has a lock, and what lies there of whoever holds it. */
interface Locked {
  readonly host: HostName
  readonly owner: LockOwner
  readonly found: FoundRun
}

/** `runbook unlock LOCK-ID`: shows whose it is and what lies on the hosts of that run, asks, and frees the hosts. */
export async function unlockCommand(command: CommandOf<'unlock'>, world: World): Promise<ExitCode> {
  const { targets, reach, output, approval } = command
  const inventory = openInventory(targets.inventories, { world, output })
  const visiting = { inventory, hosts: unwrap(selectHosts(inventory, 'all', targets.limit)), reach }
  const { results, problems } = await visitHosts(visiting, world, lockedBy)
  const all = results.flat()
  const locked = all.filter(({ owner }) => owner.lock === command.lock)
  if (locked.length === 0) {
    tellUnreached(problems, command, world)
    throw new ProblemError(noSuchLock(command.lock, all))
  }
  for (const line of locked.flatMap(linesOf)) world.stdout.write(`${line}\n`)
  refuseAtWork(locked)
  world.stderr.write(`${await consequence(locked[0]?.owner.run ?? '', command, world)}\n`)
  if (!(await askYes(world, { question: 'Free these hosts? Only "yes" does:', approval }))) {
    world.stderr.write('The lock was left as it is.\n')
    return 0
  }
  const hosts = [...new Set(locked.map(({ host }) => host))]
  const freed = await visitHosts({ ...visiting, hosts }, world, (host, visit) => free(locked, host, visit))
  for (const line of freed.results.flat()) world.stdout.write(`${escapeLine(line)}\n`)
  return tellUnreached([...problems, ...freed.problems], command, world)
}

async function lockedBy(host: HostName, visit: HostVisit): Promise<readonly Locked[]> {
  const owners = await visit.locks()
  return Promise.all(owners.map(async (owner) => ({ host, owner, found: await visit.run(owner.run) })))
}

function linesOf({ host, owner, found }: Locked): readonly string[] {
  const { connection, ...of } = owner
  const whose = `lock ${of.lock} of ${of.owner}: ${of.doing} of ${of.runbook}, run ${of.run}, since ${of.since}`
  return [
    `${escapeLine(host)}: ${escapeLine(whose)}`,
    `  the connection that took it ${connection === 'stands' ? 'still stands' : 'is gone'}`,
    ...foundLines(found).map((line) => `  ${line}`),
  ]
}

/** A lock is broken only where nothing of its run goes on any more. */
function refuseAtWork(locked: readonly Locked[]): void {
  const [first, ...others] = locked.flatMap(({ host, owner, found }): readonly Problem[] => {
    if (owner.connection === 'gone' && !goesOn(found)) return []
    const message = goesOn(found) ? 'something of its run still runs here' : 'whoever holds it is connected'
    const hint = `wait until it has ended, or have it ended at ${owner.owner}`
    return [{ kind: 'locked', host, message: `${message}: the lock stays`, hint }]
  })
  if (first) throw new ProblemError(first, ...others)
}

async function consequence(run: string, { stateDir }: CommandOf<'unlock'>, world: World): Promise<string> {
  const journals = openJournalStore(runsFolder(stateDir, world), { now: world.now })
  const isOurs = (await journals.list()).some((one) => one === run)
  return isOurs
    ? `Run ${run} is recorded here: runbook resume or rollback takes its hosts over, and needs no unlock.`
    : `What run ${run} left half done stays as it is: only its own controller can go on with it, or undo it.`
}

async function free(locked: readonly Locked[], host: HostName, visit: HostVisit): Promise<readonly string[]> {
  const own = locked.filter((one) => one.host === host)
  return Promise.all(
    own.map(async ({ owner }) =>
      (await visit.unlock(owner))
        ? `${host} is free`
        : `${host} is not as it was shown: somebody else has it, or nobody`,
    ),
  )
}

const noSuchLock = (lock: string, all: readonly Locked[]): Problem => ({
  kind: 'reference',
  message: `no host that could be reached has lock ${lock}`,
  ...(all.length === 0
    ? {}
    : {
        detail: all.map(({ host, owner }) => `${host}: ${owner.lock} of ${owner.owner}, run ${owner.run}`).join('\n'),
      }),
  hint: all.length === 0 ? 'none of these hosts is locked' : 'these are the locks that there are',
})
