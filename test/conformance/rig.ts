import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hostName } from '../../src/model/id.ts'
import { type Problem, ProblemError } from '../../src/model/problem.ts'
import type { Connection, Endpoint, Transport } from '../../src/model/transport.ts'
import { createTransport } from '../../src/transport/transport.ts'
import { localEndpoint } from '../transport/shells.ts'
import { type Sshd, startSshd } from '../transport/sshd.ts'

export const TRANSPORTS = ['ssh2', 'openssh', 'local'] as const
export type TransportName = (typeof TRANSPORTS)[number]

/** What a case is given: one transport, sshds of its own choice, and everything taken down after it. */
export interface Rig {
  readonly name: TransportName
  readonly sshd: Sshd // the ordinary one
  sshdWith(options: NonNullable<Parameters<typeof startSshd>[0]>): Promise<Sshd>
  agentWith(key: string, passphrase?: string): Promise<string> // its socket
  open(change?: Partial<Endpoint>, sshd?: Sshd): Promise<Connection>
  problem(change?: Partial<Endpoint>, sshd?: Sshd): Promise<Problem>
}

/** Runs one case on one transport, and takes down what it started, whatever came of it. */
export async function inRig(name: TransportName, sshd: Sshd, work: (rig: Rig) => Promise<void>): Promise<void> {
  const transport: Transport = createTransport({ randomBytes })
  const toStop: (() => unknown)[] = []
  const open = async (change: Partial<Endpoint> = {}, at = sshd): Promise<Connection> => {
    const connection = await transport.open(endpointFor(name, at, change))
    toStop.push(() => connection.close())
    return connection
  }
  const rig: Rig = {
    name,
    sshd,
    open,
    problem: (change, at) => problemFrom(open(change, at)),
    sshdWith: async (options) => {
      const other = await startSshd(options)
      toStop.push(() => other.stop())
      return other
    },
    agentWith: async (key, passphrase) => {
      const socket = join(mkdtempSync(join(sshd.folder, 'agent-')), 's')
      const agent = spawn('ssh-agent', ['-D', '-a', socket])
      toStop.push(() => agent.kill())
      await new Promise((resolve) => agent.stdout.once('data', resolve)) // it prints its socket once it listens
      addKey(sshd, socket, key, passphrase)
      return socket
    },
  }
  try {
    await work(rig)
  } finally {
    for (const stop of toStop.reverse()) await stop()
  }
}

function addKey({ folder }: Sshd, socket: string, key: string, passphrase = ''): void {
  const ask = join(folder, 'ask')
  writeFileSync(ask, `#!/bin/sh\necho '${passphrase}'\n`, { mode: 0o700 })
  const env = { SSH_AUTH_SOCK: socket, SSH_ASKPASS: ask, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0' }
  execFileSync('ssh-add', ['-q', key], { env, stdio: 'ignore' })
}

/** The problem that a promise fails with; its success is the failure. */
export async function problemFrom(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    () => new Error('it went well'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof ProblemError) return error.problems[0]
  throw error
}

function endpointFor(name: TransportName, sshd: Sshd, change: Partial<Endpoint>): Endpoint {
  if (name === 'local') return { ...localEndpoint, ...change, transport: 'local' }
  const endpoint = sshd.endpoint(change)
  return name === 'ssh2'
    ? endpoint
    : { ...endpoint, transport: 'openssh', sshArguments: ['-F', configFor(sshd, endpoint)] }
}

/** The same endpoint in ssh's own words: a config of its own, the hosts on the way by their names. */
function configFor(sshd: Sshd, endpoint: Endpoint): string {
  const hops = (endpoint.jumps ?? []).map((hop, at) => ({ ...hop, host: hostName(`hop-${at}`) }))
  const via = hops.length === 0 ? [] : [`ProxyJump ${hops.map(({ host }) => host).join(',')}`]
  const blocks = [
    ...hops.flatMap((hop) => [`Host ${hop.host}`, ...settingsOf(hop), 'StrictHostKeyChecking yes']),
    `Host ${endpoint.address}`,
    ...settingsOf(endpoint).filter((line) => !line.startsWith('HostName')),
    ...via,
  ]
  const file = join(mkdtempSync(join(sshd.folder, 'config-')), 'config')
  writeFileSync(file, `${blocks.join('\n')}\n`, { mode: 0o600 })
  return file
}

const settingsOf = (endpoint: Endpoint): readonly string[] => [
  `HostName ${endpoint.address}`,
  `Port ${endpoint.port}`,
  `User ${endpoint.user}`,
  `UserKnownHostsFile ${endpoint.knownHostsFiles.join(' ') || 'none'}`,
  'GlobalKnownHostsFile none',
  `IdentityAgent ${endpoint.agentSocket ?? 'none'}`,
  `ConnectTimeout ${Math.ceil(endpoint.connectTimeoutMs / 1000)}`,
  ...(endpoint.identityFiles.length === 0
    ? ['IdentityFile none']
    : endpoint.identityFiles.map((file) => `IdentityFile "${file}"`)),
]
