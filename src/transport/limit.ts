/** At most `count` of the given works at once; the others wait for their turn. */
export function createLimit(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = count
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift() // takes over the place
      if (next) next()
      else free += 1
    }
  }
}
