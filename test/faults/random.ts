/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** From 0 up to and without `limit`. */
  below(limit: number): number
  pick<T>(from: readonly [T, ...T[]]): T
}

/** mulberry32: 32 bits of state, good enough to choose where to disturb. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
  return { below, pick: (from) => from[below(from.length)] ?? from[0] }
}

/** The same things in another order. */
export function shuffled<T>(things: readonly T[], random: Random): readonly T[] {
  const left = [...things]
  return things.flatMap(() => left.splice(random.below(left.length), 1))
}
