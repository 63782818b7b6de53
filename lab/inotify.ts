import { globSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { LabError } from './lab-error.ts'

/** Five of a booted host's systemd, dbus and logind, and three of a user's manager while someone is logged in. */
const PER_HOST = 8

/** How many inotify instances root may have, over all hosts of all labs and the machine itself (inotify(7)). */
export interface InotifyUse {
  readonly limit: number
  readonly used: number
}

/**
 * Fails when this machine has too few inotify instances left for `hosts` more hosts. Without them they would come up,
 * but with units failed at random.
 */
export function requireInotify(hosts: number): void {
  if (hosts === 0) return
  const problem = inotifyProblem(inotifyUse(), hosts)
  if (problem !== undefined) throw new LabError(problem)
}

/** What is wrong with booting that many hosts, or undefined when nothing is. */
export function inotifyProblem({ limit, used }: InotifyUse, hosts: number): string | undefined {
  if (used + hosts * PER_HOST <= limit) return undefined
  return (
    `${used} of this machine's ${limit} inotify instances are in use, a host takes up to ${PER_HOST}: ` +
    `end other labs, or allow more: sysctl -w fs.inotify.max_user_instances=${Math.max(1024, limit * 2)}`
  )
}

/** Counts root's instances by the open files of its processes. */
export function inotifyUse(): InotifyUse {
  const limit = Number(readFileSync('/proc/sys/fs/inotify/max_user_instances', 'utf8'))
  return { limit, used: globSync('/proc/[0-9]*/fd/*').filter(isInotify).filter(isOfRoot).length }
}

function isOfRoot(descriptor: string): boolean {
  return statSync(dirname(dirname(descriptor)), { throwIfNoEntry: false })?.uid === 0
}

function isInotify(descriptor: string): boolean {
  try {
    return readlinkSync(descriptor) === 'anon_inode:inotify'
  } catch {
    return false // closed meanwhile, or not ours to see
  }
}
