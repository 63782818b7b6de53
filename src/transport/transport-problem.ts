import { ProblemError } from '../model/problem.ts'
import type { Endpoint } from '../model/transport.ts'

/** How problems name a host: `web-1 (10.0.0.1:22)`, and this machine by its name alone. */
export function placeText({ transport, host, address, port }: Endpoint): string {
  if (transport === 'local') return host
  return `${host} (${address.includes(':') ? `[${address}]` : address}:${port})`
}

export function connectionLost(endpoint: Endpoint, label: string, detail: string): ProblemError {
  return new ProblemError({
    kind: 'connection-lost',
    host: endpoint.host,
    message: `the connection to ${placeText(endpoint)} was lost before the end of: ${label}`,
    detail,
    hint: 'whether the command ran to its end is not known; look at the host before running it again',
  })
}

/** The shell on the host ended although its connection stands. */
export const shellEnded = (endpoint: Endpoint, label: string, how: string): ProblemError =>
  new ProblemError({
    kind: 'connection-lost',
    host: endpoint.host,
    message: `the shell on ${placeText(endpoint)} ${how} in the middle of: ${label}`,
    hint: 'was it killed (out of memory, an administrator, the command itself)? see the journal of the host',
  })

export const timedOut = (endpoint: Endpoint, label: string, timeoutMs: number, fate: string): ProblemError =>
  new ProblemError({
    kind: 'timeout',
    host: endpoint.host,
    message: `no end within ${secondsText(timeoutMs)} on ${placeText(endpoint)}: ${label}`,
    detail: fate,
    hint: 'find out what it waits for, or give it a longer timeout',
  })

export const closedByUs = (endpoint: Endpoint, label: string): ProblemError =>
  new ProblemError({
    kind: 'interrupted',
    host: endpoint.host,
    message: `the connection to ${placeText(endpoint)} was closed before the end of: ${label}`,
  })

/** The connection stands, but the host starts nothing more on it. */
export const noChannel = (endpoint: Endpoint, detail: string): ProblemError =>
  new ProblemError({
    kind: 'unreachable',
    host: endpoint.host,
    message: `${placeText(endpoint)} starts no shell on an open connection`,
    detail,
    hint: 'MaxSessions in its sshd_config must be 3 or more; is the host out of memory or processes?',
  })

/** The login shell did not become a POSIX sh. */
export const noShell = (endpoint: Endpoint, how: string, detail: string): ProblemError =>
  new ProblemError({
    kind: 'unreachable',
    host: endpoint.host,
    message: `${endpoint.user} may log in to ${placeText(endpoint)}, but got no shell: it ${how}`,
    ...(detail === '' ? {} : { detail }),
    hint: `look at the login shell of ${endpoint.user} (nologin?), and at ForceCommand and command= in sshd_config and authorized_keys`,
  })

export const secondsText = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`)
