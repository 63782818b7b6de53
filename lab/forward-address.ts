import type { LabHost } from './topologies.ts'

export const FORWARD_PORT = 2222

/** The loopback address that leads to a host from the machine's own network: the host's last byte in the lab's range. */
export function forwardAddress(host: LabHost, loopback: string): string {
  return `${loopback}.${host.address.split('.').at(-1)}`
}
