/** What a process took of the processors between two looks: percent of one processor. */
export type ProcessShare = {
  readonly pid: number
  readonly name: string // at most 15 letters, as the kernel has it
  readonly percent: number
}

interface Times {
  readonly pid: number
  readonly name: string
  readonly ticks: number // user and system, without those of children
  readonly start: string // in ticks since boot: tells a process from a later one of its number
}

/** From lines of /proc/PID/stat (proc_pid_stat(5)), most first; what came or went meanwhile is not among them. */
export function processShares(
  before: string,
  after: string,
  { seconds, ticksPerSecond }: { readonly seconds: number; readonly ticksPerSecond: number },
): readonly ProcessShare[] {
  const earlier = new Map(timesOf(before).map((times) => [times.pid, times]))
  return timesOf(after)
    .flatMap(({ pid, name, ticks, start }) => {
      const then = earlier.get(pid)
      if (then?.start !== start || seconds <= 0) return []
      const percent = Number(((100 * (ticks - then.ticks)) / ticksPerSecond / seconds).toPrecision(4))
      return percent > 0 ? [{ pid, name, percent }] : []
    })
    .toSorted((a, b) => b.percent - a.percent || a.pid - b.pid)
}

/** A name may hold anything, also parentheses and newlines: it ends at the last parenthesis of its record. */
const timesOf = (text: string): readonly Times[] =>
  [...text.matchAll(/^(\d+) \(([\s\S]*?)\) [A-Za-z] (-?\d+(?: -?\d+)*)$/gm)].map(([, pid, name = '', rest = '']) => {
    const fields = rest.split(' ')
    const field = (number: number): string => fields[number - 4] ?? '' // as proc(5) counts them
    return { pid: Number(pid), name, ticks: Number(field(14)) + Number(field(15)), start: field(22) }
  })

/** The number after a word of /proc/stat: `procs_running`, `procs_blocked`. */
export const countOf = (stat: string, word: string): number =>
  Number(new RegExp(`^${word} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0)

/** How many processors the kernel schedules on. */
export const processorsOf = (stat: string): number => [...stat.matchAll(/^cpu\d+ /gm)].length
