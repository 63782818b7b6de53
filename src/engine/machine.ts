import { sh } from '../model/command.ts'
import type { HostIdentity } from '../model/plan.ts'
import { ProblemError } from '../model/problem.ts'
import type { Connection, Endpoint, Transport } from '../model/transport.ts'

/** Which machine answers, and since which boot; empty where it does not say. */
export async function readIdentity(connection: Connection): Promise<HostIdentity> {
  const reply = await connection
    .probe('login')
    .run(
      sh`m=; b=; { read -r m </etc/machine-id; read -r b </proc/sys/kernel/random/boot_id; } 2>/dev/null; printf '%s\n%s\n' "$m" "$b"`,
    )
  const [machineId = '', bootId = ''] = reply.stdout.toString('utf8').split('\n')
  return { host: connection.host, machineId, bootId }
}

/** A way to one machine: who answered first is who must answer ever after. */
export interface SameMachine extends Transport {
  /** Of the latest connection. Rejects where that was lost before it had said. */
  identity(): Promise<HostIdentity>
}

/**
 * Opens connections to one machine. The first is asked who it is without waiting for it; each later one is asked before
 * anything else, and another machine is refused (a clone has the same host key): ProblemError kind plan-drifted.
 */
export function sameMachine(transport: Transport): SameMachine {
  let known: Promise<HostIdentity> | undefined
  const open = async (endpoint: Endpoint): Promise<Connection> => {
    const connection = await transport.open(endpoint)
    if (!known) {
      known = readIdentity(connection)
      known.catch(() => undefined) // told by whoever needs it
      return connection
    }
    try {
      const earlier = await known.catch(() => undefined)
      const now = await readIdentity(connection)
      refuseOther(endpoint, earlier, now)
      known = Promise.resolve(now)
      return connection
    } catch (error) {
      await connection.close().catch(() => undefined)
      throw error
    }
  }
  return { open, identity: () => known ?? Promise.reject(new Error('nothing was opened')) }
}

function refuseOther({ host, address }: Endpoint, earlier: HostIdentity | undefined, now: HostIdentity): void {
  if (!earlier?.machineId || !now.machineId || earlier.machineId === now.machineId) return
  throw new ProblemError({
    kind: 'plan-drifted',
    host,
    message: `another machine answers at ${address} than before the connection was lost: nothing is done there`,
    detail: `machine-id before: ${earlier.machineId}\nmachine-id now:    ${now.machineId}`,
    hint: 'find out where the machine is that this run has begun to change; when it answers again: runbook resume or rollback',
  })
}
