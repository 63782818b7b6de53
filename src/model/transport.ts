import type { Command } from './command.ts'
import type { HostName } from './id.ts'
import type { Secret } from './secret.ts'

/** What a command gave back. Output is bytes; `truncated` says that more came than `limitBytes`. */
export interface Reply {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: Buffer
  readonly truncated: boolean
}

export interface RunOptions {
  readonly timeoutMs?: number // default 30 000
  readonly limitBytes?: number // of stdout and of stderr each; default 1 MiB, the rest is counted and dropped
  /**
   * Output as it comes, for long steps. `shown early`: a newline that ends a line, as it seems; it comes once more with the output
   * where it really is one. For who shows lines as soon as they are whole.
   */
  readonly onOutput?: (stream: 'stdout' | 'stderr', chunk: Buffer, when?: 'shown early') => void
  readonly brief?: true // a script of ours that prints a line at its end: nobody has to see it before
  readonly label?: string // what problems call the command; default the beginning of its text
}

/**
 * Runs commands on one host with one privilege, in a POSIX sh with PATH fixed, LC_ALL=C, umask 077, standard input
 * empty unless given, each beginning in the user's home directory and changing nothing for the next. A command that
 * exits non-zero is a Reply; losing the host, or the deadline, throws ProblemError. The deadline kills the command on
 * the host, but for what it began in a session of its own (setsid).
 */
export interface Runner {
  run(command: Command, options?: RunOptions): Promise<Reply>
}

/** With which user commands run: as the one that logged in, or as root. */
export type Privilege = 'login' | 'root'

/** The tool that makes the one who logged in root. */
export type BecomeMethod = 'sudo' | 'su' | 'doas'

/** An open way to one host: one connection, and at most one shell per privilege and lane. */
export interface Connection {
  readonly host: HostName
  /**
   * For reads: whatever is asked in the same tick goes out as one script. When another command hung or killed the
   * shell, reads that came after it are asked again, so they must be harmless to ask twice. A lane has a shell of its own: what is
   * asked there does not wait for what is asked elsewhere.
   */
  probe(privilege: Privilege, lane?: string): Runner
  /** For changes: one command at a time, in the order asked. */
  session(privilege: Privilege): Runner
  close(): Promise<void>
}

/**
 * Opens connections; throws ProblemError of kind unreachable, host-key or auth. Shells are opened by the first command
 * that needs one: that is when kind become is thrown, and then for each later command of that privilege.
 */
export interface Transport {
  open(endpoint: Endpoint): Promise<Connection>
}

/** Everything needed to reach a host, resolved from inventory, flags and defaults. */
export interface Endpoint {
  readonly host: HostName
  readonly transport: 'ssh2' | 'openssh' | 'local'
  readonly address: string
  readonly port: number
  readonly user: string
  readonly identityFiles: readonly string[] // tried in order, after the agent; absolute
  readonly agentSocket?: string // SSH_AUTH_SOCK
  readonly password?: Secret
  readonly passphrase?: Secret
  readonly knownHostsFiles: readonly string[] // absolute; the first is where `trust` writes
  readonly becomeMethod?: BecomeMethod // default sudo
  readonly becomePassword?: Secret // what sudo asks for; of su the password of root; doas takes none
  readonly connectTimeoutMs: number
  readonly agentKeys?: 'named' // of the agent's keys only those of identityFiles; absent: all
  readonly hostKeyAlias?: string // the name that known_hosts has for it, in place of address and port
  readonly keepalive?: { readonly intervalMs: number; readonly countMax: number } // as many unanswered cut the connection
  readonly jumps?: readonly Endpoint[] // of ssh2: the hosts gone through, in order
  readonly sshArguments?: readonly string[] // of openssh: words for ssh, said by inventory and flags; its own config says the rest
}
