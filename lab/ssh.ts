import { LabError } from './lab-error.ts'
import { labPaths } from './paths.ts'
import type { Argv } from './run-tool.ts'
import type { LabSettings } from './settings.ts'
import { type LabState, topologyOf } from './state.ts'
import { networkArgv } from './supervisor.ts'
import { machinesOf } from './topologies.ts'

/** Argument list of ssh to `HOST` or `USER@HOST` of the lab, from inside its network, host key checked. */
export function sshArgv(settings: LabSettings, state: LabState, target: string, command: readonly string[]): Argv {
  const paths = labPaths(settings.stateDir)
  const [user, name] = target.includes('@') ? target.split('@', 2) : ['root', target]
  const hosts = machinesOf(topologyOf(state))
  const address = hosts.find((host) => host.name === name)?.address
  if (address === undefined)
    throw new LabError(`no host ${name} in this lab; it has ${hosts.map((host) => host.name).join(', ')}`, 3)
  const options = ['-F', 'none', '-i', paths.key, '-o', `UserKnownHostsFile=${paths.knownHosts}`]
  const quiet = ['-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', '-o', 'LogLevel=ERROR']
  return networkArgv(state.init, ['ssh', ...options, ...quiet, `${user}@${address}`, ...command])
}
