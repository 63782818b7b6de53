/** What an sshd was asked for: connections that logged in, and session channels on them. */
export interface SessionCounts {
  readonly connections: number
  readonly channels: number
}

/**
 * Counts in a log of OpenSSH's sshd at LogLevel VERBOSE: one line `Accepted publickey for ...` per connection, one
 * line `Starting session: ...` per session channel that runs a command, a shell or a subsystem (session.c, do_exec).
 */
export const countSessions = (log: string): SessionCounts => ({
  connections: linesWith(log, /\bAccepted \S+ for /),
  channels: linesWith(log, /\bStarting session: /),
})

const linesWith = (log: string, pattern: RegExp): number => log.split('\n').filter((line) => pattern.test(line)).length
