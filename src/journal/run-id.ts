import { type RunId, runId } from '../model/id.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ' // Crockford's base 32, as ULID

/**
 * 26 characters: 10 of time (ms since 1970), 16 of `random` (10 bytes); sorts by time, and behind `last`, the newest run
 * so far, whatever the clock has been set to.
 */
export function makeRunId(now: Date, random: Uint8Array, last?: RunId): RunId {
  const ms = last === undefined ? now.getTime() : Math.max(now.getTime(), timeOf(last) + 1)
  const bits = random.subarray(0, 10).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
  return runId(base32(BigInt(ms), 10) + base32(bits, 16))
}

const timeOf = (run: RunId): number =>
  [...run.slice(0, 10)].reduce((value, digit) => value * 32 + ALPHABET.indexOf(digit), 0)

function base32(value: bigint, width: number): string {
  return Array.from(
    { length: width },
    (_, place) => ALPHABET[Number((value >> BigInt(5 * (width - 1 - place))) & 31n)],
  ).join('')
}
