import { StringDecoder } from 'node:string_decoder'

const LONGEST_LINE = 65_536 // characters; what follows in a longer line is not looked at

/** Calls back for each line of a stream of bytes; never holds more than a chunk and one line of bounded length. */
export async function eachLine(chunks: AsyncIterable<Uint8Array>, take: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const piece of piecesOf(chunks)) {
    const text = decoder.write(piece)
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      take((rest + text.slice(from, end)).slice(0, LONGEST_LINE))
      rest = ''
      from = end + 1
    }
    if (rest.length < LONGEST_LINE) rest += text.slice(from, from + LONGEST_LINE)
  }
  const last = rest + decoder.end()
  if (last !== '') take(last.slice(0, LONGEST_LINE))
}

const PIECE = 8_192 // bytes decoded at a time: with Node's own 64 KiB the heap grows by 15 MiB more

async function* piecesOf(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks)
    for (let from = 0; from < chunk.length; from += PIECE) yield chunk.subarray(from, from + PIECE)
}
