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

const lockFile = '/etc/zypp/locks'
const automaticFile = '/var/lib/zypp/AutoInstalled'

/** Packages of SUSE, by zypper; holding is a lock of its own (`zypper addlock`). */
export const zypper: PackageManager = {
  tool: 'zypper',
  lists: 'zypper refresh',
  repairs: 'look at it with rpm -q; use command with check for packages that stay in several versions (kernels)',
  isVersion: isRpmVersion,
  shown: ({ targets }) => displayCommand(sh`zypper install -- ${targets.map(wordOf)}`),
  readInstalled: (names, runner) => readRpms(names, runner, readHeld),
  readAvailable: async (names, runner) => {
    if (names.length === 0) return new Set()
    const search = sh`zypper -n --xmlout search -s --match-exact -t package -- ${names}`
    return parseSearch((await runner.run(search, { timeoutMs: lookTimeoutMs })).stdout.toString('utf8'))
  },
  readAutomatic: async (names, runner) => {
    if (names.length === 0) return []
    const lines = await readLines(automaticFile, runner)
    return names.filter((name) => lines.includes(name))
  },
  readOutdated: readOutdatedOfRpm,
  simulate: async (wanted, runner) =>
    parseSummary(
      await runner.run(install(sh`--xmlout`, sh`--dry-run --details`, wanted), { timeoutMs: lookTimeoutMs }),
      runner,
    ),
  transact,
  setHold: (hold, name, runner) =>
    must(
      hold === 'held' ? sh`zypper -n addlock -t package -- ${name}` : sh`zypper -n removelock -t package -- ${name}`,
      runner,
    ),
  // zypper has no word for it; this is where it keeps it
  markAutomatic: async (names, runner) => {
    for (const name of names) {
      await must(sh`grep -qxF -- ${name} ${automaticFile} || printf '%s\\n' ${name} >>${automaticFile}`, runner)
    }
  },
}

async function readHeld(names: readonly string[], runner: Runner): Promise<ReadonlySet<string>> {
  return parseLocks((await readLines(lockFile, runner)).join('\n'), names)
}

/** Paragraphs of `key: value`; `solvable_name` is a glob. */
export function parseLocks(text: string, names: readonly string[]): ReadonlySet<string> {
  const globs = text
    .split(/\n\s*\n/)
    .filter((lock) => !/^type: (?!package$)/m.test(lock))
    .flatMap((lock) => /^solvable_name: (.+)$/m.exec(lock)?.[1] ?? [])
  return new Set(names.filter((name) => globs.some((glob) => globMatches(glob, name))))
}

const wordOf = ({ name, version }: Target): string =>
  version === null ? `-${name}` : version === undefined ? name : `${name}=${version}`

/** zypper cannot pass over locks, but it can be told to look for them elsewhere. */
const ignoringLocks = sh`{ cat /etc/zypp/zypp.conf 2>/dev/null; printf '\\n[main]\\nlocksfile.path = /dev/null\\n'; } | ZYPP_CONF=/dev/stdin `

const lockSeconds = 10

const install = (globals: Command, options: Command, { targets, changeHeld }: Transaction): Command =>
  sh`export ZYPP_LOCK_TIMEOUT=${lockSeconds}; ${changeHeld ? ignoringLocks : sh``}zypper -n ${globals} install ${options} --no-recommends --oldpackage -- ${targets.map(wordOf)}`

/** What `zypper --xmlout install --dry-run` says: `<to-install>` and the like, each with its `<solvable>`s. */
async function parseSummary(reply: Reply, runner: Runner): Promise<Simulation> {
  const text = reply.stdout.toString('utf8')
  if (reply.code !== 0) return { kind: 'refused', said: saidIn(text) || reply.stderr.toString('utf8').trim() }
  return {
    kind: 'moves',
    moves: await movesFrom(parseAims(text), runner),
    isDowngrade: text.includes('<to-downgrade>'),
  }
}

export function parseAims(text: string): ReadonlyMap<string, string | null> {
  const aims = new Map<string, string | null>()
  for (const [, verb = '', part = ''] of text.matchAll(/<to-([a-z-]+)>(.*?)<\/to-\1>/gs)) {
    for (const [, attributes = ''] of part.matchAll(/<solvable ([^>]*)>/g)) {
      const { type, name, edition } = attributesOf(attributes)
      if (type !== 'package' || name === undefined) continue
      aims.set(name, verb === 'remove' ? null : (edition ?? null))
    }
  }
  return aims
}

/** `name=version` of what repositories have; what is installed only is in none. */
export function parseSearch(text: string): ReadonlySet<string> {
  const found = [...text.matchAll(/<solvable ([^>]*)>/g)].map(([, attributes = '']) => attributesOf(attributes))
  return new Set(
    found.flatMap(({ name, edition, repository }) =>
      repository === undefined || /^[(@]/.test(repository) ? [] : [`${name}=${edition}`],
    ),
  )
}

const attributesOf = (text: string): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries([...text.matchAll(/([a-z-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))

/** Messages and problems in zypper's XML, in words. */
export const saidIn = (text: string): string =>
  [...text.matchAll(/<message type="(?:error|warning)">(.*?)<\/message>|<description>(Problem.*?)<\/description>/gs)]
    .map(([, message = '', problem = '']) => unescaped(message || problem))
    .join('\n')
    .trim()

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const unescaped = (text: string): string => text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name) => entities[name] ?? '')

const busyCode = 7 // ZYPPER_EXIT_ZYPP_LOCKED of zypper(8)
/** All done, and: an update needs a reboot (102), or restarts of zypper itself (103). */
const doneCodes: readonly number[] = [0, 102, 103]

async function transact(wanted: Transaction, runner: Runner): Promise<void> {
  const reply = await runner.run(install(sh``, sh``, wanted), { timeoutMs: transactionTimeoutMs })
  if (doneCodes.includes(reply.code)) return
  const problem = failureOf(reply, zypper.shown(wanted))
  if (reply.code !== busyCode) throw new ProblemError(problem)
  const said = reply.stdout.toString('utf8') + reply.stderr.toString('utf8')
  const [, id, program] = /with pid (\d+) \(([^)]*)\)/.exec(said) ?? []
  throw new ProblemError({ ...problem, ...busyProblem(id === undefined ? '' : `${program}, process ${id}`) })
}
