import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { FORWARD_PORT, forwardAddress } from './forward-address.ts'
import { LabError } from './lab-error.ts'
import { INSIDE, labPaths } from './paths.ts'
import type { Argv } from './run-tool.ts'
import type { LabSettings } from './settings.ts'
import { spawnBeside, spawnInside } from './spawn-inside.ts'
import { type LabState, topologyOf } from './state.ts'
import { seenFromOutside } from './supervisor.ts'
import type { LabHost } from './topologies.ts'
import { untilTrue } from './until.ts'

/** The two halves of a host's forwarder, joined by a socket file, as one network namespace cannot see the other. */
export interface Forwarder {
  /** In the machine's network: loopback address -> socket file. */
  readonly outer: Argv
  /** In the lab's network: socket file -> the host's sshd. */
  readonly inner: Argv
}

/** Argument lists of a host's forwarder. */
export function forwarderArgv(host: LabHost, loopback: string): Forwarder {
  const socket = INSIDE.socket(host.name)
  const listen = `TCP4-LISTEN:${FORWARD_PORT},bind=${forwardAddress(host, loopback)},reuseaddr,nodelay,fork`
  return {
    outer: ['socat', listen, `UNIX-CONNECT:${socket}`],
    inner: ['socat', `UNIX-LISTEN:${socket},mode=600,fork`, `TCP4:${host.address}:22,nodelay`],
  }
}

/** Starts the forwarders of all hosts where they do not run yet; they end with the lab. */
export async function startForwarders(settings: LabSettings, state: LabState): Promise<void> {
  await Promise.all(topologyOf(state).hosts.map((host) => startForwarder(settings, state, host)))
}

async function startForwarder(settings: LabSettings, state: LabState, host: LabHost): Promise<void> {
  const socket = seenFromOutside(state.init, INSIDE.socket(host.name))
  if (existsSync(socket)) return
  await refuseTakenAddress(forwardAddress(host, state.loopback))
  const log = join(labPaths(settings.stateDir).logs, 'forward.log')
  const { outer, inner } = forwarderArgv(host, state.loopback)
  await spawnInside(state.init, inner, log)
  await untilTrue(() => existsSync(socket), { what: `the forwarder to ${host.name} (see ${log})` })
  await spawnBeside(state.init, outer, log)
}

/** Tries the address for itself: socat would only say so in its log. */
async function refuseTakenAddress(address: string): Promise<void> {
  const server = createServer().listen(FORWARD_PORT, address)
  try {
    await once(server, 'listening')
  } catch {
    throw new LabError(
      `${address}:${FORWARD_PORT} is taken, perhaps by another lab: choose another range, --loopback 127.78.0`,
    )
  }
  server.close()
  await once(server, 'close')
}
