import { readFileSync } from 'node:fs'

/** A process for certain: its number and when it started, as numbers are used again. */
export interface ProcessId {
  readonly pid: number
  /** Clock ticks after boot, field 22 of /proc/PID/stat (proc(5)). */
  readonly startTime: number
}

/** Identifies the process that now has this number; undefined when there is none, or only a zombie. */
export function identify(pid: number): ProcessId | undefined {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}

/** Whether that very process still runs. A killed one may stay a zombie for long where PID 1 does not reap: not alive. */
export function isAlive(process: ProcessId): boolean {
  return identify(process.pid)?.startTime === process.startTime
}

/** Reads a /proc/PID/stat line; the command in it may hold spaces and parentheses. */
export function parseStat(pid: number, stat: string): ProcessId | undefined {
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (state === 'Z' || state === 'X') return undefined
  return { pid, startTime: Number(fields[18]) }
}
