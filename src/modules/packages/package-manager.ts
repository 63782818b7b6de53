import { sh } from '../../model/command.ts'
import type { Runner } from '../../model/transport.ts'

/** One package that a transaction changes; null where it is not installed. */
export type PackageMove = { readonly name: string; readonly from: string | null; readonly to: string | null }

export interface Installed {
  readonly version: string | null // null: not installed (its configuration files may be left)
  readonly status: string // `installed` and `not-installed`, else in the package manager's words
  readonly isHeld: boolean
}

/** What a package manager would do, or why it would not. */
export type Simulation =
  | { readonly kind: 'moves'; readonly moves: readonly PackageMove[]; readonly isDowngrade: boolean }
  | { readonly kind: 'refused'; readonly said: string }

/** One package as a transaction should leave it; without `version` any will do, null: it is removed. */
export interface Target {
  readonly name: string
  readonly version?: string | null
}

/** What a transaction asks for. */
export interface Transaction {
  readonly targets: readonly Target[]
  readonly changeHeld: boolean
}

/** What the module `package` needs of a package manager. All reads are harmless; the others throw ProblemError. */
export interface PackageManager {
  readonly tool: string // as people call it
  readonly lists: string // the command that makes its lists of packages fresh
  readonly repairs: string // what to do about a package that is neither installed nor not
  /** Whether the version that is installed is the one asked for. */
  isVersion(wanted: string, installed: string): boolean
  shown(transaction: Transaction): string // as people may type it
  /** The state of packages, in the order of their names. */
  readInstalled(names: readonly string[], runner: Runner): Promise<readonly Installed[]>
  /** `name=version` of what the host's repositories have of these packages. */
  readAvailable(names: readonly string[], runner: Runner): Promise<ReadonlySet<string>>
  /** Which of these packages were installed for others' sake only. */
  readAutomatic(names: readonly string[], runner: Runner): Promise<readonly string[]>
  /** Processes that run a program of a package which has been replaced since they started, as `pid /path`. */
  readOutdated(name: string, runner: Runner): Promise<readonly string[]>
  /** Why packages cannot be held on this host, or undefined. */
  refuseHold?(runner: Runner): Promise<{ readonly message: string; readonly hint: string } | undefined>
  simulate(transaction: Transaction, runner: Runner): Promise<Simulation>
  transact(transaction: Transaction, runner: Runner): Promise<void>
  /** Holds an installed package at the version it has now, or frees it. */
  setHold(hold: 'held' | 'free', name: string, runner: Runner): Promise<void>
  markAutomatic(names: readonly string[], runner: Runner): Promise<void>
}

/** Downloads and scripts of packages; the step's own timeout holds where it is given. */
export const transactionTimeoutMs = 900_000

/** Loading the lists of large repositories takes its time. */
export const lookTimeoutMs = 120_000

/** Programs that run although what they were started from has been replaced, by one question for all packages. */
export async function readDeletedPrograms(runner: Runner): Promise<string> {
  return (await runner.run(sh`ls -l /proc/[0-9]*/exe 2>/dev/null | grep ' (deleted)$'`)).stdout.toString('utf8')
}

/** `files`: what a package has installed, a path a line. */
export function parseOutdated(listing: string, files: string): readonly string[] {
  const own = new Set(files.split('\n'))
  // where /usr is merged, a package may list /bin/x for what runs as /usr/bin/x
  const isOwn = (path: string): boolean => own.has(path) || own.has(path.replace(/^\/usr\//, '/'))
  return listing.split('\n').flatMap((line) => {
    const [, id, path = ''] = /\/proc\/(\d+)\/exe -> (.*?)(?:\.dpkg-tmp|;[0-9a-f]{8})? \(deleted\)$/.exec(line) ?? []
    return id !== undefined && isOwn(path) ? [`${id} ${path}`] : []
  })
}

/** How a package manager says that another holds its lock. */
export const busyProblem = (who: string) => ({
  message: `another program changes packages${who === '' ? '' : `: ${who}`}`,
  hint: 'wait until it is done (automatic updates may take minutes), or give the step retry',
})
