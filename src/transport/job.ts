import type { Reply, RunOptions } from '../model/transport.ts'

/** One command on its way: its text for the host, what to call it when something goes wrong, and who waits for it. */
export interface Job {
  readonly by: 'probe' | 'session'
  readonly word: string // its text, quoted as one word; holds secrets in clear
  readonly label: string // for people
  readonly stdin: Uint8Array | undefined
  readonly timeoutMs: number
  readonly limitBytes: number
  readonly onOutput: RunOptions['onOutput']
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: unknown) => void
}
