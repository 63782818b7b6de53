/** `*` and `?` over a whole text, as ssh_config(5) has them in PATTERNS; linear in practice whatever the pattern: only the last star is gone back to. */
export function matchesWildcard(text: string, pattern: string): boolean {
  let [at, place, star, starAt] = [0, 0, -1, 0]
  while (at < text.length) {
    if (pattern[place] === '*') {
      star = place++
      starAt = at
    } else if (pattern[place] === '?' || (place < pattern.length && pattern[place] === text[at])) {
      place++
      at++
    } else if (star >= 0) {
      place = star + 1
      at = ++starAt
    } else return false
  }
  return /^\**$/.test(pattern.slice(place))
}

/** Whether one pattern matches and no negated one (`!x`) does. */
export const matchesPatterns = (text: string, patterns: readonly string[]): boolean =>
  !patterns.some((pattern) => pattern.startsWith('!') && matchesWildcard(text, pattern.slice(1))) &&
  patterns.some((pattern) => !pattern.startsWith('!') && matchesWildcard(text, pattern))
