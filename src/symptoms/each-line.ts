import { StringDecoder } from 'node:string_decoder'

const LONGEST_LINE = 65_536 // characters; what follows in a longer line is not looked at
const PIECE = 8_192 // bytes decoded at a time; of larger pieces more is alive whenever V8 looks, and its heap grows by that

/** Calls back for each line of a stream of bytes; never holds more than a chunk and one line of bounded length. */
export async function eachLine(chunks: AsyncIterable<Uint8Array>, take: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const takeLines = (text: string): void => {
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      take((rest + text.slice(from, end)).slice(0, LONGEST_LINE))
      rest = ''
      from = end + 1
    }
    if (rest.length < LONGEST_LINE) rest += text.slice(from, from + LONGEST_LINE)
  }
  const next = copying(chunks)
  for (let chunk = await next(); chunk; chunk = await next())
    for (let from = 0; from < chunk.length; from += PIECE) takeLines(decoder.write(chunk.subarray(from, from + PIECE)))
  const last = rest + decoder.end()
  if (last !== '') take(last.slice(0, LONGEST_LINE))
}

const USUAL_CHUNK = 65_536 // bytes, of files and pipes

/**
 * One chunk after another, in a buffer that is used again: the stream's own is not held while its lines are looked at. What is held that
 * long V8 takes for lasting, and 33 MiB of such buffers pile up before it looks again.
 */
function copying(chunks: AsyncIterable<Uint8Array>): () => Promise<Buffer | undefined> {
  const own = Buffer.alloc(USUAL_CHUNK)
  const iterator = chunks[Symbol.asyncIterator]()
  return async () => {
    const { done, value } = await iterator.next()
    if (done) return undefined
    if (value.length > own.length) return Buffer.from(value)
    own.set(value)
    return own.subarray(0, value.length)
  }
}
