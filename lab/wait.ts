import { join } from 'node:path'
import { LabError } from './lab-error.ts'
import { runTool } from './run-tool.ts'
import type { LabState } from './state.ts'
import { networkArgv } from './supervisor.ts'
import type { LabHost } from './topologies.ts'

const DEADLINE_MS = 90_000
const GUEST_DEADLINE_MS = 400_000 // an emulated processor takes its time

/**
 * Waits until the sshd of each of `hosts` answers, a control plane of Kubernetes among them can make pods on all nodes,
 * and each of `members` says that its etcd is healthy.
 */
export function untilUp(state: LabState, hosts: readonly LabHost[], members: readonly LabHost[]): Promise<void> {
  const healthy = members.map((host) => `etcd:${host.address}`)
  const nodes = hosts.filter(({ kubernetes }) => kubernetes === 'node').length
  const ready = hosts.flatMap(({ kubernetes, address }) =>
    kubernetes === 'control-plane' ? [`kubernetes:${address}:${nodes}`] : [],
  )
  return untilTrue(state, [...hosts.map(answering), ...healthy, ...ready], DEADLINE_MS)
}

/** Waits until the sshd of each virtual machine answers. */
export const untilGuestsAnswer = (state: LabState, guests: readonly LabHost[]): Promise<void> =>
  untilTrue(state, guests.map(answering), GUEST_DEADLINE_MS)

const answering = ({ address }: LabHost): string => `sshd:${address}`

async function untilTrue(state: LabState, conditions: readonly string[], deadlineMs: number): Promise<void> {
  const probe = [process.execPath, join(import.meta.dirname, 'probe.ts'), `${deadlineMs}`, ...conditions] as const
  const { code, stderr } = await runTool(networkArgv(state.init, probe))
  if (code !== 0) throw new LabError(`${stderr.trim()}\nIt is left as it is: npm run lab -- status | logs HOST | down`)
}
