/** How a program on the host ended: with a code, by a signal, or, with neither, because the connection was lost. */
export interface ChannelEnd {
  readonly code?: number
  readonly signal?: string
}

/** What comes from a program on the host. `ended` is called once, after the last bytes of both streams. */
export interface ChannelListener {
  readonly stdout: (chunk: Buffer) => void
  readonly stderr: (chunk: Buffer) => void
  readonly ended: (end: ChannelEnd) => void
}

/** A program running on the host with three streams, without a terminal. */
export interface Channel {
  /** Bytes for its standard input; after the program's end they go nowhere. */
  write(bytes: Buffer): void
  /** No more input. */
  end(): void
  /** Gives up on it; `ended` follows. What the program started may live on. */
  close(): void
}

/** Starts `command`, given to the login shell of the user, on the host. */
export type OpenChannel = (command: string, listener: ChannelListener) => Promise<Channel>
