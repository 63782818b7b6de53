import { type Command, displayCommand, sh } from '../../model/command.ts'
import { ProblemError } from '../../model/problem.ts'
import type { Reply, Runner } from '../../model/transport.ts'
import { failureOf } from '../shared/host-script.ts'
import {
  busyProblem,
  lookTimeoutMs,
  type PackageManager,
  type Simulation,
  type Target,
  type Transaction,
  transactionTimeoutMs,
} from './package-manager.ts'
import { globMatches, isRpmVersion, movesFrom, must, readLines, readOutdatedOfRpm, readRpms } from './rpm.ts'

const lockFile = '/etc/dnf/plugins/versionlock.list'

/** Packages of Fedora, RHEL and the like, by dnf 4; holding is its plugin versionlock. */
export const dnf: PackageManager = {
  tool: 'dnf',
  lists: 'dnf makecache',
  repairs: 'look at it with rpm -q; use command with check for packages that stay in several versions (kernels)',
  isVersion: isRpmVersion,
  shown: ({ targets }) => commandsOf(targets, sh`dnf`).map(displayCommand).join(' && '),
  readInstalled: (names, runner) => readRpms(names, runner, readHeld),
  readAvailable: async (names, runner) => {
    if (names.length === 0) return new Set()
    return new Set(await queryLines(sh`--disableplugin=versionlock`, '%{name}=%{evr}', { names, runner }))
  },
  readAutomatic: async (names, runner) => {
    if (names.length === 0) return []
    const lines = await queryLines(sh`--installed`, '%{name} %{reason}', { names, runner })
    return lines.flatMap((line) => /^(\S+) (?:weak-)?dependency$/.exec(line)?.[1] ?? [])
  },
  readOutdated: readOutdatedOfRpm,
  refuseHold: async (runner) => {
    const found = await runner.run(sh`[ -e /etc/dnf/plugins/versionlock.conf ]`)
    if (found.code === 0) return undefined
    return {
      message: 'dnf has no plugin versionlock on this host, which holding a package needs',
      hint: 'install it: python3-dnf-plugin-versionlock (dnf-plugins-core in Debian)',
    }
  },
  simulate,
  transact,
  setHold: async (hold, name, runner) => {
    // a lock names the version it holds: one of an earlier version goes first
    await must(sh`dnf -q versionlock delete -- ${name}`, runner, [0, 1])
    if (hold === 'held') await must(sh`dnf -q versionlock add -- ${name}`, runner)
  },
  markAutomatic: async (names, runner) => {
    if (names.length > 0) await must(sh`dnf -q mark remove -- ${names}`, runner)
  },
}

/** Names that the list of locks has; a lock is `name-epoch:version-release.arch`, all of it may be a glob. */
async function readHeld(names: readonly string[], runner: Runner): Promise<ReadonlySet<string>> {
  return parseLocks((await readLines(lockFile, runner)).join('\n'), names)
}

export function parseLocks(text: string, names: readonly string[]): ReadonlySet<string> {
  const globs = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#!]/.test(line)) // `!` excludes one version, and holds nothing
    .map((line) => /^(.+)-(?:\d+:)?[^-]+-[^-]+$/.exec(line)?.[1] ?? line)
  return new Set(names.filter((name) => globs.some((glob) => globMatches(glob, name))))
}

async function queryLines(
  options: Command,
  format: string,
  { names, runner }: { readonly names: readonly string[]; readonly runner: Runner },
): Promise<readonly string[]> {
  const query = sh`dnf -q repoquery ${options} --qf ${format} -- ${names} 2>/dev/null`
  const reply = await runner.run(query, { timeoutMs: lookTimeoutMs })
  return reply.stdout.toString('utf8').split('\n').filter(Boolean)
}

const wordOf = ({ name, version }: Target): string => (version ? `${name}-${version}` : name)

/** dnf does one verb at a time: what comes first, then what goes. */
function commandsOf(targets: readonly Target[], tool: Command): readonly Command[] {
  const come = targets.filter(({ version }) => version !== null)
  const go = targets.filter(({ version }) => version === null)
  return [
    ...(come.length === 0 ? [] : [sh`${tool} install -- ${come.map(wordOf)}`]),
    ...(go.length === 0 ? [] : [sh`${tool} remove -- ${go.map(wordOf)}`]),
  ]
}

/** Neither what is only recommended comes along, nor what nobody needs any more goes: as with apt. */
const toolFor = (answer: Command, { changeHeld }: Transaction): Command =>
  sh`dnf ${answer} --setopt=install_weak_deps=False --setopt=clean_requirements_on_remove=False --setopt=exit_on_lock=True ${
    changeHeld ? sh`--disableplugin=versionlock ` : sh``
  }`

async function simulate(wanted: Transaction, runner: Runner): Promise<Simulation> {
  const aims = new Map<string, string | null>()
  let isDowngrade = false
  for (const command of commandsOf(wanted.targets, toolFor(sh`--assumeno`, wanted))) {
    const found = parseTransaction(await runner.run(command, { timeoutMs: lookTimeoutMs }))
    if ('refused' in found) return { kind: 'refused', said: found.refused }
    for (const [name, to] of found.aims) aims.set(name, to)
    isDowngrade ||= found.isDowngrade
  }
  return { kind: 'moves', moves: await movesFrom(aims, runner), isDowngrade }
}

/** The table of `dnf --assumeno`: sections of lines of name, architecture, version and repository. */
export function parseTransaction({
  stdout,
  stderr,
}: Pick<Reply, 'stdout' | 'stderr'>):
  | { readonly aims: ReadonlyMap<string, string | null>; readonly isDowngrade: boolean }
  | { readonly refused: string } {
  const text = stdout.toString('utf8')
  if (!/^(Dependencies resolved|Nothing to do)\.$/m.test(text)) {
    return { refused: [text, stderr.toString('utf8')].join('\n').trim() }
  }
  const aims = new Map<string, string | null>()
  let section = ''
  for (const line of text.split('\n')) {
    section = /^(\S.*):$/.exec(line)?.[1] ?? (line === '' || line.startsWith('=') ? '' : section)
    const [, name, version] = /^ (\S+) +\S+ +(\S+) +\S+ +\d/.exec(line) ?? []
    const [, replaced] = /^ {4,}replacing +(\S+)\.[^.\s]+ \S+/.exec(line) ?? []
    if (replaced !== undefined) aims.set(replaced, null)
    if (name === undefined || version === undefined) continue
    if (/^(Installing|Upgrading|Downgrading|Reinstalling)/.test(section)) aims.set(name, version)
    if (/^Removing/.test(section)) aims.set(name, null)
  }
  return { aims, isDowngrade: /^Downgrading:$/m.test(text) }
}

async function transact(wanted: Transaction, runner: Runner): Promise<void> {
  for (const command of commandsOf(wanted.targets, toolFor(sh`-q -y`, wanted))) {
    const reply = await runner.run(command, { timeoutMs: transactionTimeoutMs })
    if (reply.code === 0) continue
    const problem = failureOf(reply, dnf.shown(wanted))
    const said = reply.stdout.toString('utf8') + reply.stderr.toString('utf8')
    const [, id, program] = /with PID (\d+) is: (\S+)/.exec(said) ?? []
    if (reply.code !== 200) throw new ProblemError(problem)
    throw new ProblemError({ ...problem, ...busyProblem(id === undefined ? '' : `${program}, process ${id}`) })
  }
}
