/** A regular expression of the user's, or why it is not taken. */
export type SafeRegex = { readonly ok: true; readonly regex: RegExp } | { readonly ok: false; readonly message: string }

const MAX_LENGTH = 200

/**
 * Compiles a regular expression that cannot run away: no repeated group that itself repeats or has alternatives, as
 * `(a+)+` and `(a|a)*` take exponential time.
 */
export function safeRegex(text: string): SafeRegex {
  if (text.length > MAX_LENGTH) return { ok: false, message: `longer than ${MAX_LENGTH} characters` }
  if (repeatsRepetition(text)) return { ok: false, message: 'a repeated group may not repeat or choose within itself' }
  if (/\\[1-9]|\\k</.test(text)) return { ok: false, message: 'back-references are not taken' }
  try {
    return { ok: true, regex: new RegExp(text) }
  } catch (thrown) {
    return { ok: false, message: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

function repeatsRepetition(text: string): boolean {
  const bare = text.replaceAll(/\\./g, '_').replaceAll(/\[[^\]]*\]/g, '_')
  const open: boolean[] = [] // per open group: does it repeat or choose within itself
  for (let at = 0; at < bare.length; at += 1) {
    const character = bare.charAt(at)
    if (character === '(') open.push(false)
    else if (character === ')') {
      const risky = open.pop() ?? false
      const repeated = /^(?:[*+]|\{\d*,?\d*\})/.test(bare.slice(at + 1))
      if (risky && repeated) return true
      if (risky || repeated) markOuter(open)
    } else if (/[*+{|]/.test(character)) markOuter(open)
  }
  return false
}

function markOuter(open: boolean[]): void {
  if (open.length > 0) open[open.length - 1] = true
}
