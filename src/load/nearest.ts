/** The candidate that `word` was probably meant to be: the nearest one within a third of its length, at most 3 edits. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.min(3, Math.max(1, Math.floor(word.length / 3)))
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** "did you mean x?", or else what there is, shortened; undefined when there is nothing. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const names = [...candidates]
  const near = nearest(word, names)
  if (near !== undefined) return `did you mean ${near}?`
  if (names.length === 0) return undefined
  const shown = names.slice(0, 12).join(', ')
  return `there are: ${shown}${names.length > 12 ? ', ...' : ''}`
}

/** Edits (insert, delete, replace, swap of neighbours) between two words; gives up at `stop`. Damerau, restricted. */
function editDistance(a: string, b: string, stop: number): number {
  if (Math.abs(a.length - b.length) >= stop) return stop
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(
        Math.min(
          (last[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + 1,
          (last[j - 1] ?? 0) + same,
          swapped ? (beforeLast[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? stop
}
