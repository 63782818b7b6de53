/** One system call as `strace -c` counts it. */
export type CallCount = {
  readonly name: string
  readonly seconds: number // in the kernel; of waiting calls mostly waiting
  readonly calls: number
  readonly errors: number
}

/** The rows of the table that `strace -c` prints at its end, in its order; none where there is no table. */
export const callCounts = (text: string): readonly CallCount[] =>
  [...text.matchAll(/^ *[\d.]+ +([\d.]+) +\d+ +(\d+) +(?:(\d+) +)?([a-z_][a-z0-9_]*)$/gm)]
    .filter(([, , , , name]) => name !== 'total')
    .map(([, seconds, calls, errors = '0', name = '']) => ({
      name,
      seconds: Number(seconds),
      calls: Number(calls),
      errors: Number(errors),
    }))
