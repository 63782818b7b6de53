import { verify } from './alternate.ts'
import type { Contestant } from './contestant.ts'
import type { BenchHost } from './host.ts'
import { measureRun } from './measured-run.ts'
import { countSessions, type SessionCounts } from './session-log.ts'

/** Connections and session channels of one run of a contestant, as the host's sshd saw them. */
export async function countOneRun(host: BenchHost, contestant: Contestant, folder: string): Promise<SessionCounts> {
  await host.untilIdle(0)
  const before = host.log().length
  verify(contestant, await measureRun(contestant.program, folder))
  await host.untilIdle(0)
  return countSessions(host.log().slice(before))
}
