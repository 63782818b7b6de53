import { type Command, displayCommand, sh } from '../../model/command.ts'
import { ProblemError } from '../../model/problem.ts'
import type { Reply, Runner } from '../../model/transport.ts'
import { failureOf } from './host-script.ts'

/** One package that a transaction changes; null where it is not installed. */
export type PackageMove = { readonly name: string; readonly from: string | null; readonly to: string | null }

export interface Installed {
  readonly version: string | null // null: not installed (its configuration files may be left)
  readonly status: string // as dpkg names it: installed, config-files, half-configured ...
  readonly isHeld: boolean
}

/** What apt would do, or why it would not. */
export type Simulation =
  | { readonly kind: 'moves'; readonly moves: readonly PackageMove[]; readonly isDowngrade: boolean }
  | { readonly kind: 'refused'; readonly said: string }

/** What a transaction asks apt for. */
export interface Wanted {
  readonly install: readonly string[] // name, name=version, or name- for a removal beside
  readonly changeHeld: boolean
}

const lockSeconds = 10
const aptTimeoutMs = 900_000 // downloads and maintainer scripts; the step's own timeout holds where it is given

/** Asks nothing: neither debconf, nor dpkg about configuration files (those of the host stay), nor needrestart. */
const environment =
  'DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none'

const aptGet = (verb: Command, { install, changeHeld }: Wanted): Command =>
  sh`apt-get ${verb} -q -y --no-install-recommends --allow-downgrades ${
    changeHeld ? sh`--allow-change-held-packages ` : sh``
  }install -- ${install}`

const doing = sh`-o DPkg::Lock::Timeout=${lockSeconds} -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold`

/** The transaction as people may type it. */
export const shownTransaction = (wanted: Wanted): string => displayCommand(sh`apt-get install -- ${wanted.install}`)

/** The state of packages by dpkg, in the order of their names. */
export async function readInstalled(names: readonly string[], runner: Runner): Promise<readonly Installed[]> {
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

/** The versions of each package that the host's repositories have. */
export async function readAvailable(names: readonly string[], runner: Runner): Promise<ReadonlySet<string>> {
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

/** Which of these packages were installed for others' sake only. */
export async function readAutomatic(names: readonly string[], runner: Runner): Promise<readonly string[]> {
  if (names.length === 0) return []
  const reply = await runner.run(sh`apt-mark showauto -- ${names}`)
  return textOf(reply.stdout).split('\n').filter(Boolean)
}

export async function simulate(wanted: Wanted, runner: Runner): Promise<Simulation> {
  return parseSimulation(await runner.run(aptGet(sh`-s`, wanted)))
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
export async function transact(wanted: Wanted, runner: Runner): Promise<void> {
  const command = sh`${{ parts: [{ kind: 'text', text: `${environment} ` }] }}${aptGet(doing, wanted)}`
  const reply = await runner.run(command, { timeoutMs: aptTimeoutMs })
  if (reply.code === 0) return
  const problem = failureOf(reply, shownTransaction(wanted))
  if (!/^E: .*\block\b/m.test(textOf(reply.stderr))) throw new ProblemError(problem)
  const [, id, program] = /held by process (\d+) \(([^)]*)\)/.exec(textOf(reply.stdout) + textOf(reply.stderr)) ?? []
  throw new ProblemError({
    ...problem,
    message: `another program changes packages${id === undefined ? '' : `: ${program}, process ${id}`}`,
    hint: 'wait until it is done (unattended-upgrades may take minutes), or give the step retry',
  })
}

/** Sets or clears a mark of packages: hold, unhold, auto, manual. */
export async function markPackages(
  mark: 'hold' | 'unhold' | 'auto',
  names: readonly string[],
  runner: Runner,
): Promise<void> {
  if (names.length === 0) return
  const reply = await runner.run(sh`apt-mark ${mark} -- ${names}`, { timeoutMs: aptTimeoutMs })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `apt-mark ${mark} ${names.join(' ')}`))
}

/** Processes that run a program of a package which has been replaced since they started, as `pid /path`. */
export async function readOutdated(name: string, runner: Runner): Promise<readonly string[]> {
  const [running, files] = await Promise.all([
    runner.run(sh`ls -l /proc/[0-9]*/exe 2>/dev/null | grep ' (deleted)$'`),
    runner.run(sh`dpkg-query -L -- ${name} 2>/dev/null`, { limitBytes: 8_388_608 }),
  ])
  return parseOutdated(textOf(running.stdout), textOf(files.stdout))
}

export function parseOutdated(listing: string, files: string): readonly string[] {
  const own = new Set(files.split('\n'))
  // where /usr is merged, a package may list /bin/x for what runs as /usr/bin/x
  const isOwn = (path: string): boolean => own.has(path) || own.has(path.replace(/^\/usr\//, '/'))
  return listing.split('\n').flatMap((line) => {
    const [, id, path = ''] = /\/proc\/(\d+)\/exe -> (.*?)(?:\.dpkg-tmp)? \(deleted\)$/.exec(line) ?? []
    return id !== undefined && isOwn(path) ? [`${id} ${path}`] : []
  })
}

const textOf = (bytes: Buffer): string => bytes.toString('utf8')
