import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { knownHostsLines } from './inventory.ts'
import { type LabPaths, labPaths } from './paths.ts'
import { mustRun } from './run-tool.ts'
import type { LabSettings } from './settings.ts'
import { type LabHost, machinesOf, type Topology } from './topologies.ts'

/** Makes the lab's key and a host key for each host where they are missing, and writes known_hosts. */
export async function writeKeys(settings: LabSettings, topology: Topology): Promise<void> {
  const paths = labPaths(settings.stateDir)
  mkdirSync(paths.hostKeys, { recursive: true, mode: 0o700 })
  const hostKeys = machinesOf(topology).map((host) => makeKey(hostKeyFile(paths, host.name), host.name))
  await Promise.all([makeKey(paths.key, 'runbook-lab'), ...hostKeys])
  writeFileSync(paths.knownHosts, knownHosts(paths, machinesOf(topology), settings.loopback))
}

/** The private host key of a host; kept across `down`, so that known_hosts stays true. */
export function hostKeyFile(paths: LabPaths, host: string): string {
  return join(paths.hostKeys, host)
}

function knownHosts(paths: LabPaths, hosts: readonly LabHost[], loopback: string): string {
  const lines = hosts.map((host) =>
    knownHostsLines(host, loopback, readFileSync(`${hostKeyFile(paths, host.name)}.pub`, 'utf8')),
  )
  return lines.join('')
}

async function makeKey(file: string, comment: string): Promise<void> {
  if (existsSync(file) && existsSync(`${file}.pub`)) return
  await mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file], `making the key ${file}`)
  chmodSync(file, 0o600)
}
