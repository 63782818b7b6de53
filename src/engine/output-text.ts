import { StringDecoder } from 'node:string_decoder'
import type { RunOptions } from '../model/transport.ts'

export type ShowText = (stream: 'stdout' | 'stderr', text: string) => void

/** Output as text, lines as soon as they are whole: a character may be cut in two where it comes in pieces, and a newline comes early. */
export function outputText(show: ShowText): NonNullable<RunOptions['onOutput']> {
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  const early = { stdout: false, stderr: false }
  return (stream, chunk, when) => {
    const isShown = early[stream] && chunk[0] === NEWLINE
    early[stream] = when === 'shown early'
    const text = decoders[stream].write(isShown ? chunk.subarray(1) : chunk)
    if (text !== '') show(stream, text)
  }
}

const NEWLINE = 10
