import { memoryOf } from './cgroup.ts'
import { FORWARD_PORT, forwardAddress } from './forward-address.ts'
import { isOn } from './host.ts'
import type { LabSettings } from './settings.ts'
import { type LabState, topologyOf } from './state.ts'

/** What is up and how to reach it, line by line. */
export function renderStatus(settings: LabSettings, state: LabState): readonly string[] {
  const { hosts, summary } = topologyOf(state)
  const rows = hosts.map((host) => {
    const power = isOn({ settings, state, host }) ? 'on' : 'off'
    const memory = `${((memoryOf(settings.id, host.name) ?? 0) / 2 ** 20).toFixed(0)} MiB`
    const forward = `${forwardAddress(host, state.loopback)}:${FORWARD_PORT}`
    return `  ${host.name.padEnd(4)} ${power.padEnd(4)} ${host.address.padEnd(12)} ${forward.padEnd(18)} ${host.image.padEnd(9)} ${memory}`
  })
  return [`${state.topology}: ${summary} (${settings.stateDir}, supervisor ${state.supervisor.pid})`, ...rows]
}
