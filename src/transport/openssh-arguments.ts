import type { Endpoint } from '../model/transport.ts'

/** What ssh_config comes to for a host, by ssh's own print-out (`ssh -G`). */
export interface Resolved {
  readonly user: string
  readonly address: string
  readonly port: number
  readonly hasKeepalive: boolean
  readonly hasTimeout: boolean
}

// Before all else, so that nothing can say otherwise: OpenSSH takes the first value.
const FIXED: readonly string[] = [
  ...['BatchMode=yes', 'StrictHostKeyChecking=yes', 'UpdateHostKeys=no', 'RequestTTY=no', 'RemoteCommand=none'],
  ...['ForwardAgent=no', 'ForwardX11=no', 'ClearAllForwardings=yes', 'PermitLocalCommand=no', 'EscapeChar=none'],
]
const LINGER_SECONDS = 600 // a master whose controller was killed ends by itself, when its last shell has been gone so long

const options = (settings: readonly string[]): readonly string[] => settings.flatMap((setting) => ['-o', setting])

/** The program and the words before every call: no question is ever asked, messages are in English. */
export const SSH: readonly [string, ...string[]] = ['/usr/bin/env', 'SSH_ASKPASS_REQUIRE=never', 'LC_ALL=C', 'ssh']

const said = ({ sshArguments = [] }: Endpoint): readonly string[] => [...options(FIXED), ...sshArguments]

export const resolveArguments = (endpoint: Endpoint): readonly string[] => [
  '-G',
  ...said(endpoint),
  '--',
  endpoint.address,
]

/** Logs in, leaves a master behind at `socket`, and ends with 0. */
export const masterArguments = (endpoint: Endpoint, socket: string, resolved: Resolved): readonly string[] => [
  ...options(['ControlMaster=yes', `ControlPath=${socket}`, `ControlPersist=${LINGER_SECONDS}`]),
  ...said(endpoint),
  ...options(resolved.hasKeepalive ? [] : ['ServerAliveInterval=15', 'ServerAliveCountMax=3']),
  ...options(resolved.hasTimeout ? [] : [`ConnectTimeout=${Math.ceil(endpoint.connectTimeoutMs / 1000)}`]),
  '-N',
  '--',
  endpoint.address,
]

/** Logs in and does nothing: what a host on the way complains of is heard only without a master in the background. */
export const explainArguments = (endpoint: Endpoint): readonly string[] => [
  ...options(['ControlMaster=no', 'ControlPath=none']),
  ...said(endpoint),
  '-T',
  '--',
  endpoint.address,
  'true',
]

/** Runs a command over the master; never by a connection of its own: its way out is barred. */
export const sessionArguments = (socket: string, command: string): readonly string[] => [
  ...['-F', 'none', '-S', socket],
  ...options(['ControlMaster=no', 'ProxyCommand=false', 'BatchMode=yes']),
  ...['-T', '--', 'host', command],
]

export const controlArguments = (socket: string, word: 'check' | 'exit'): readonly string[] => [
  ...['-F', 'none', '-S', socket, '-O', word, '--', 'host'],
]

export function parseResolved(text: string): Resolved {
  const value = (keyword: string): string | undefined => new RegExp(`^${keyword} (.*)$`, 'm').exec(text)?.[1]
  return {
    user: value('user') ?? '',
    address: value('hostname') ?? '',
    port: Number(value('port') ?? 22),
    hasKeepalive: (value('serveraliveinterval') ?? '0') !== '0',
    hasTimeout: (value('connecttimeout') ?? 'none') !== 'none',
  }
}
