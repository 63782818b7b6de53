import { type RunId, runId } from '../model/id.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ' // Crockford's base 32, as ULID

/** 26 characters: 10 of time (ms since 1970), 16 of `random` (10 bytes); sorts by time. */
export function makeRunId(now: Date, random: Uint8Array): RunId {
  const bits = random.subarray(0, 10).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
  return runId(base32(BigInt(now.getTime()), 10) + base32(bits, 16))
}

function base32(value: bigint, width: number): string {
  return Array.from(
    { length: width },
    (_, place) => ALPHABET[Number((value >> BigInt(5 * (width - 1 - place))) & 31n)],
  ).join('')
}
