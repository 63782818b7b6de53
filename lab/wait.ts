import { join } from 'node:path'
import { LabError } from './lab-error.ts'
import { runTool } from './run-tool.ts'
import type { LabState } from './state.ts'
import { networkArgv } from './supervisor.ts'
import type { LabHost } from './topologies.ts'

const DEADLINE_MS = 90_000

/** Waits until the sshd of each of `hosts` answers and each of `members` says that its etcd is healthy. */
export async function untilUp(state: LabState, hosts: readonly LabHost[], members: readonly LabHost[]): Promise<void> {
  const conditions = [...hosts.map((host) => `sshd:${host.address}`), ...members.map((host) => `etcd:${host.address}`)]
  const probe = [process.execPath, join(import.meta.dirname, 'probe.ts'), `${DEADLINE_MS}`, ...conditions] as const
  const { code, stderr } = await runTool(networkArgv(state.init, probe))
  if (code !== 0) throw new LabError(`${stderr.trim()}\nIt is left as it is: npm run lab -- status | logs HOST | down`)
}
