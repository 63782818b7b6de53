import type { Profile } from '../model/profile.ts'

/** How much of a profile a function was, 0 to 1. */
export interface FunctionShare {
  readonly name: string
  readonly self: number // in the function itself
  readonly whole: number // with what it called
}

/** Of each function, what takes most by itself first. A function that calls itself counts once. */
export function functionShares({ stacks, total }: Profile): readonly FunctionShare[] {
  const shares = new Map<string, { self: number; whole: number }>()
  const of = (name: string) => {
    const share = shares.get(name) ?? { self: 0, whole: 0 }
    shares.set(name, share)
    return share
  }
  for (const { frames, value } of stacks) {
    for (const name of new Set(frames)) of(name).whole += value / total
    const leaf = frames.at(-1)
    if (leaf !== undefined) of(leaf).self += value / total
  }
  return [...shares]
    .map(([name, share]) => ({ name, ...share }))
    .toSorted((a, b) => b.self - a.self || b.whole - a.whole || (a.name < b.name ? -1 : 1))
}

/** What a function itself was of two profiles, as shares of each whole, 0 to 1. */
export interface FunctionDifference {
  readonly name: string
  readonly before: number
  readonly now: number
  readonly difference: number // now less before
}

/** The functions whose own share differs, the greatest difference first, at most `most`. Neither what they called nor the totals count. */
export function functionDifferences(now: Profile, before: Profile, most = 10): readonly FunctionDifference[] {
  const [earlier, later] = [selfShares(before), selfShares(now)]
  return [...new Set([...later.keys(), ...earlier.keys()])]
    .map((name) => ({ name, before: earlier.get(name) ?? 0, now: later.get(name) ?? 0 }))
    .map((one) => ({ ...one, difference: one.now - one.before }))
    .filter(({ difference }) => Math.abs(difference) > roundingOff)
    .toSorted((a, b) => Math.abs(b.difference) - Math.abs(a.difference) || (a.name < b.name ? -1 : 1))
    .slice(0, most)
}

const roundingOff = 1e-9 // shares are sums of fractions

const selfShares = (profile: Profile): ReadonlyMap<string, number> =>
  new Map(functionShares(profile).map(({ name, self }) => [name, self]))
