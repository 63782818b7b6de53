/** A host to measure on: how to log in to it, where its files lie, and what its sshd says. */
export interface BenchHost {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly user: string
  readonly identityFile: string
  readonly knownHostsFile: string
  /** Folder on the host for the workload's files. */
  readonly folder: string
  /** Two units that run; none where PID 1 is not systemd. */
  readonly units: readonly [string, string] | undefined
  /** Words before a command that bring it where the address leads to the host. */
  readonly way: readonly string[]
  /** Runs a POSIX sh script as root on it; throws when it fails. */
  runScript(text: string): Promise<void>
  /** Resolves when no more than `connections` connections are served: what one run leaves must not slow the next. */
  untilIdle(connections: number): Promise<void>
  /** sshd's log so far, at LogLevel VERBOSE. */
  log(): string
  stop(): Promise<void>
}
