/** Bytes up to a limit; what is above is counted and let go. */
export interface CappedBytes {
  add(chunk: Buffer): void
  bytes(): Buffer
  dropped(): number
}

export function createCappedBytes(limit: number): CappedBytes {
  const chunks: Buffer[] = []
  let kept = 0
  let dropped = 0
  return {
    add: (chunk) => {
      const taken = Math.min(chunk.length, limit - kept)
      // a copy: a slice would keep the whole packet in memory
      if (taken > 0) chunks.push(Buffer.from(chunk.subarray(0, taken)))
      kept += taken
      dropped += chunk.length - taken
    },
    bytes: () => Buffer.concat(chunks, kept),
    dropped: () => dropped,
  }
}
