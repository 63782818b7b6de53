/** What a stream gives: bytes between marks, and marks `\n<nonce> <index> <code>\n`. */
export interface FrameListener {
  readonly bytes: (chunk: Buffer) => void
  readonly mark: (index: number, code: number) => void
  /** A newline came and nothing after it: the end of a line, or the beginning of a mark, as will be seen. It is passed on later. */
  readonly lineEnd?: () => void
}

const numbers = /^(\d{1,10}) (\d{1,10})$/
const longestNumbers = 21

/**
 * Cuts one stream at its marks, whatever the chunks. Bytes are passed on as soon as they cannot be the beginning of
 * a mark; at most one mark's length is held back, so memory is bounded.
 */
export function createFrameReader(nonce: string, listener: FrameListener): (chunk: Buffer) => void {
  const start = Buffer.from(`\n${nonce} `)
  let held: Buffer = Buffer.alloc(0)
  const pass = (bytes: Buffer): void => {
    if (bytes.length > 0) listener.bytes(bytes)
  }
  return (chunk) => {
    let rest = held.length > 0 ? Buffer.concat([held, chunk]) : chunk
    for (;;) {
      const at = rest.indexOf(start)
      if (at < 0) break
      const mark = readNumbers(rest.subarray(at + start.length))
      if (mark === 'incomplete') {
        pass(rest.subarray(0, at))
        held = Buffer.from(rest.subarray(at))
        return
      }
      pass(rest.subarray(0, mark ? at : at + start.length))
      if (mark) listener.mark(mark.index, mark.code)
      rest = rest.subarray(at + start.length + (mark ? mark.length : 0))
    }
    const keep = beginningLength(rest, start)
    pass(rest.subarray(0, rest.length - keep))
    held = Buffer.from(rest.subarray(rest.length - keep))
    if (keep === 1) listener.lineEnd?.()
  }
}

interface Numbers {
  readonly index: number
  readonly code: number
  readonly length: number
}

function readNumbers(bytes: Buffer): Numbers | 'incomplete' | undefined {
  const end = bytes.indexOf(10)
  if (end < 0) return bytes.length > longestNumbers ? undefined : 'incomplete'
  const found = end > longestNumbers ? null : numbers.exec(bytes.toString('latin1', 0, end))
  return found ? { index: Number(found[1]), code: Number(found[2]), length: end + 1 } : undefined
}

// the nonce holds no newline, so only the last newline near the end can begin a mark
function beginningLength(bytes: Buffer, start: Buffer): number {
  const tail = bytes.subarray(Math.max(0, bytes.length - start.length + 1))
  const newline = tail.lastIndexOf(10)
  if (newline < 0) return 0
  const length = tail.length - newline
  return start.subarray(0, length).equals(tail.subarray(newline)) ? length : 0
}
