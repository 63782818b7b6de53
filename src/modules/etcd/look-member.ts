import { ProblemError } from '../../model/problem.ts'
import type { Runner } from '../../model/transport.ts'
import { etcdScript, reasonIn, requireTool } from './etcdctl.ts'
import { type MemberStatus, parseStatuses } from './etcdctl-output.ts'
import type { EtcdSettings } from './settings-of.ts'

/** This host's member, by its own word, in one round trip. Throws ProblemError where it does not answer. */
export async function lookMember(runner: Runner, settings: EtcdSettings): Promise<MemberStatus> {
  const reply = await runner.run(etcdScript(settings, 'ec --endpoints="$endpoint" endpoint status -w json'), {
    timeoutMs: 60_000,
  })
  requireTool(reply)
  const [status] = parseStatuses(reply.stdout.toString('utf8'))
  if (status) return status
  throw new ProblemError({
    kind: 'blocked',
    message: `the member does not answer at ${settings.endpoint}`,
    detail: reasonIn(reply.stderr.toString('utf8')),
  })
}
