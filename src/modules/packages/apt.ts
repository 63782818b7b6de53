import { type Command, displayCommand, sh } from '../../model/command.ts'
import { ProblemError } from '../../model/problem.ts'
import type { Reply, Runner } from '../../model/transport.ts'
import { failureOf } from '../shared/host-script.ts'
import {
  busyProblem,
  type Installed,
  lookTimeoutMs,
  type PackageManager,
  type PackageMove,
  parseOutdated,
  readDeletedPrograms,
  type Simulation,
  type Target,
  type Transaction,
  transactionTimeoutMs,
} from './package-manager.ts'

/** Packages of Debian and Ubuntu. */
export const apt: PackageManager = {
  tool: 'apt',
  lists: 'apt-get update',
  repairs: 'look at it with dpkg --audit; dpkg --configure -a may finish it',
  isVersion: (wanted, installed) => wanted === installed,
  shown: ({ targets }) => displayCommand(sh`apt-get install -- ${targets.map(wordOf)}`),
  readInstalled,
  readAvailable,
  readAutomatic,
  readOutdated,
  simulate: async (wanted, runner) =>
    parseSimulation(await runner.run(aptGet(sh`-s`, wanted), { timeoutMs: lookTimeoutMs })),
  transact,
  setHold: (hold, name, runner) => markPackages(hold === 'held' ? 'hold' : 'unhold', [name], runner),
  markAutomatic: (names, runner) => markPackages('auto', names, runner),
}

const lockSeconds = 10

/** Asks nothing: neither debconf, nor dpkg about configuration files (those of the host stay), nor needrestart. */
const environment =
  'DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none'

const wordOf = ({ name, version }: Target): string =>
  version === null ? `${name}-` : version === undefined ? name : `${name}=${version}`

const aptGet = (verb: Command, { targets, changeHeld }: Transaction): Command =>
  sh`apt-get ${verb} -q -y --no-install-recommends --allow-downgrades ${
    changeHeld ? sh`--allow-change-held-packages ` : sh``
  }install -- ${targets.map(wordOf)}`

const doing = sh`-o DPkg::Lock::Timeout=${lockSeconds} -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold`

async function readInstalled(names: readonly string[], runner: Runner): Promise<readonly Installed[]> {
  const format = '${Package}\t${binary:Package}\t${db:Status-Want}\t${db:Status-Status}\t${Version}\n'
  const reply = await runner.run(sh`dpkg-query -W -f ${format} -- ${names} 2>/dev/null`) // 1: some are unknown
  const lines = textOf(reply.stdout)
    .split('\n')
    .map((line) => line.split('\t'))
  return names.map((name) => {
    const [, , want = '', status = 'not-installed', version = ''] =
      lines.find((line) => line.slice(0, 2).includes(name)) ?? []
    const isThere = status !== 'not-installed' && status !== 'config-files'
    return { version: isThere ? version : null, status, isHeld: want === 'hold' }
  })
}

async function readAvailable(names: readonly string[], runner: Runner): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set()
  const reply = await runner.run(sh`apt-cache madison -- ${names.map((name) => name.replace(/:.*/, ''))}`)
  return parseMadison(textOf(reply.stdout))
}

/** `name=version` of each line of apt-cache madison. */
export const parseMadison = (text: string): ReadonlySet<string> =>
  new Set(
    text.split('\n').flatMap((line) => {
      const [name = '', version = ''] = line.split('|').map((word) => word.trim())
      return name === '' || version === '' ? [] : [`${name}=${version}`]
    }),
  )

async function readAutomatic(names: readonly string[], runner: Runner): Promise<readonly string[]> {
  if (names.length === 0) return []
  const reply = await runner.run(sh`apt-mark showauto -- ${names}`)
  return textOf(reply.stdout).split('\n').filter(Boolean)
}

/** What `apt-get -s` says: `Inst name [from] (to source [arch])`, `Remv name [from]`. */
export function parseSimulation({ code, stdout, stderr }: Pick<Reply, 'code' | 'stdout' | 'stderr'>): Simulation {
  const text = textOf(stdout)
  if (code !== 0) return { kind: 'refused', said: [text, textOf(stderr)].join('\n').trim() }
  const moves = text.split('\n').flatMap((line): readonly PackageMove[] => {
    const [, verb, name = '', from, to] = /^(Inst|Remv) (\S+)(?: \[([^\]]*)\])?(?: \((\S+))?/.exec(line) ?? []
    if (verb === undefined) return []
    return [{ name, from: from ?? null, to: verb === 'Inst' ? (to ?? null) : null }]
  })
  return { kind: 'moves', moves, isDowngrade: /^The following packages will be DOWNGRADED:/m.test(text) }
}

/** Does a transaction. Throws ProblemError; one that another holds the lock of waits 10 s before. */
async function transact(wanted: Transaction, runner: Runner): Promise<void> {
  const command = sh`${{ parts: [{ kind: 'text', text: `${environment} ` }] }}${aptGet(doing, wanted)}`
  const reply = await runner.run(command, { timeoutMs: transactionTimeoutMs })
  if (reply.code === 0) return
  const problem = failureOf(reply, apt.shown(wanted))
  if (!/^E: .*\block\b/m.test(textOf(reply.stderr))) throw new ProblemError(problem)
  // a holder that is just ending has no name any more
  const [, id, program = 'a program'] =
    /held by process (\d+)(?: \(([^)]*)\))?/.exec(textOf(reply.stdout) + textOf(reply.stderr)) ?? []
  throw new ProblemError({
    ...problem,
    ...busyProblem(id === undefined ? '' : `${program}, process ${id}`),
  })
}

async function markPackages(mark: 'hold' | 'unhold' | 'auto', names: readonly string[], runner: Runner): Promise<void> {
  if (names.length === 0) return
  const reply = await runner.run(sh`apt-mark ${mark} -- ${names}`, { timeoutMs: transactionTimeoutMs })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `apt-mark ${mark} ${names.join(' ')}`))
}

async function readOutdated(name: string, runner: Runner): Promise<readonly string[]> {
  const [running, files] = await Promise.all([
    readDeletedPrograms(runner),
    runner.run(sh`dpkg-query -L -- ${name} 2>/dev/null`, { limitBytes: 8_388_608 }),
  ])
  return parseOutdated(running, textOf(files.stdout))
}

const textOf = (bytes: Buffer): string => bytes.toString('utf8')
