import { type Command, displayCommand, sh } from '../../model/command.ts'
import { ProblemError } from '../../model/problem.ts'
import type { Runner } from '../../model/transport.ts'
import { failureOf, missingTool } from '../shared/host-script.ts'
import {
  type Installed,
  type PackageMove,
  parseOutdated,
  readDeletedPrograms,
  transactionTimeoutMs,
} from './package-manager.ts'

/** What the package managers over rpm have in common. `held`: the names of packages that are held, by name. */
export async function readRpms(
  names: readonly string[],
  runner: Runner,
  readHeld: (names: readonly string[], runner: Runner) => Promise<ReadonlySet<string>>,
): Promise<readonly Installed[]> {
  const [reply, held] = await Promise.all([
    runner.run(sh`rpm -q --qf ${'%{NAME}\\t%{EVR}\\n'} -- ${names}`), // its code is the number of unknown ones
    readHeld(names, runner),
  ])
  if (reply.code === 127) throw missingTool('rpm', 'look at packages')
  return parseRpms(reply.stdout.toString('utf8'), names, held)
}

/** `NAME<tab>[EPOCH:]VERSION-RELEASE` a line, once for each architecture. */
export function parseRpms(text: string, names: readonly string[], held: ReadonlySet<string>): readonly Installed[] {
  const lines = text.split('\n').map((line) => line.split('\t'))
  return names.map((name) => {
    const versions = new Set(lines.flatMap(([own, version]) => (own === name && version ? [version] : [])))
    const [version = null] = versions
    const status =
      version === null ? 'not-installed' : versions.size > 1 ? 'installed in several versions' : 'installed'
    return { version, status, isHeld: held.has(name) }
  })
}

/** Whether a version as a runbook writes it (epoch and release may be left out) is the one that is installed. */
export function isRpmVersion(wanted: string, installed: string): boolean {
  const bare = installed.replace(/^\d+:/, '')
  const withoutRelease = (text: string): string => text.replace(/-[^-]*$/, '')
  return [installed, bare, withoutRelease(installed), withoutRelease(bare)].includes(wanted)
}

export async function readOutdatedOfRpm(name: string, runner: Runner): Promise<readonly string[]> {
  const [running, files] = await Promise.all([
    readDeletedPrograms(runner),
    runner.run(sh`rpm -ql -- ${name} 2>/dev/null`, { limitBytes: 8_388_608 }),
  ])
  return parseOutdated(running, files.stdout.toString('utf8'))
}

/** The moves of a transaction whose tool tells only where it leads to: what is there now is asked of rpm. */
export async function movesFrom(
  aims: ReadonlyMap<string, string | null>,
  runner: Runner,
): Promise<readonly PackageMove[]> {
  const names = [...aims.keys()]
  const now = await readRpms(names, runner, async () => new Set())
  return names.map((name, at) => ({ name, from: now[at]?.version ?? null, to: aims.get(name) ?? null }))
}

/** The lines of a file that a package manager keeps; none where there is no such file. */
export async function readLines(file: string, runner: Runner): Promise<readonly string[]> {
  return (await runner.run(sh`cat -- ${file} 2>/dev/null`)).stdout.toString('utf8').split('\n')
}

/** Runs a command of a package manager; throws ProblemError at any other exit code than these. */
export async function must(command: Command, runner: Runner, codes: readonly number[] = [0]): Promise<void> {
  const reply = await runner.run(command, { timeoutMs: transactionTimeoutMs })
  if (!codes.includes(reply.code)) throw new ProblemError(failureOf(reply, displayCommand(command)))
}

/** Whether a glob of a lock (`kernel*`) is for this name. */
export function globMatches(glob: string, name: string): boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${pattern}$`).test(name)
}
