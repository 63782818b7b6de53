import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { FORWARD_PORT, forwardAddress } from './forward-address.ts'
import { LabError } from './lab-error.ts'
import { INSIDE, labPaths } from './paths.ts'
import type { Argv } from './run-tool.ts'
import type { LabSettings } from './settings.ts'
import { spawnBeside } from './spawn-inside.ts'
import { type LabState, topologyOf } from './state.ts'
import { seenFromOutside } from './supervisor.ts'
import { type LabHost, machinesOf } from './topologies.ts'
import { untilTrue } from './until.ts'

/**
 * Argument list of a host's forwarder: loopback address -> socket file -> the host's sshd. It is two halves joined by a
 * file, as one network namespace cannot see the other; it starts in the machine's network and finds the lab's at PID 1.
 */
export function forwarderArgv(host: LabHost, loopback: string): Argv {
  const socket = INSIDE.socket(host.name)
  const outer = `TCP4-LISTEN:${FORWARD_PORT},bind=${forwardAddress(host, loopback)},reuseaddr,nodelay,fork`
  const inner = [`UNIX-LISTEN:${socket},mode=600,fork`, `TCP4:${host.address}:22,nodelay`]
  const halves = 'nsenter --net=/proc/1/ns/net -- socat "$1" "$2" & exec socat "$3" "$4"'
  return ['sh', '-c', halves, 'forward', ...inner, outer, `UNIX-CONNECT:${socket}`]
}

/** Starts the forwarders of all hosts where they do not run yet; they end with the lab. */
export async function startForwarders(settings: LabSettings, state: LabState): Promise<void> {
  const log = join(labPaths(settings.stateDir).logs, 'forward.log')
  const starts = machinesOf(topologyOf(state)).map(async (host) => {
    const socket = seenFromOutside(state.init, INSIDE.socket(host.name))
    if (existsSync(socket)) return
    await spawnBeside(state.init, forwarderArgv(host, state.loopback), log)
    await untilTrue(() => existsSync(socket), { what: `the forwarder to ${host.name} (see ${log})` })
  })
  await Promise.all(starts)
}

/** Fails when the loopback address of one of the hosts is in use: socat would only say so in its log. */
export async function requireFreeAddresses(hosts: readonly LabHost[], loopback: string): Promise<void> {
  for (const host of hosts) await refuseTakenAddress(forwardAddress(host, loopback))
}

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
