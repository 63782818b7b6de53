import { ProblemError } from '../../model/problem.ts'
import type { Runner } from '../../model/transport.ts'
import { type Frame, frameText, parseFrames } from '../shared/frames.ts'
import { refuseTls } from './client-tls.ts'
import { etcdScript, reasonIn, requireTool } from './etcdctl.ts'
import { type MemberStatus, parseStatuses } from './etcdctl-output.ts'
import type { EtcdSettings } from './settings-of.ts'

/** This host's member, by its own word, in one round trip. Throws ProblemError where it does not answer. */
export async function lookMember(runner: Runner, settings: EtcdSettings): Promise<MemberStatus> {
  const reply = await runner.run(etcdScript(settings, statusText), { timeoutMs: 60_000 })
  requireTool(reply)
  const frames = parseFrames(reply.stdout)
  const status = ownStatus(frames, settings)
  if (status) return status
  throw new ProblemError({
    kind: 'blocked',
    message: `the member does not answer at ${settings.endpoint}`,
    detail: reasonIn(frameText(frames, 'status') ?? ''),
  })
}

/** Asks the host's own member: frame `status` has all that was said, `tls` where TLS is the reason that there is no answer; it ends there. */
export const statusText = `
answer=$(ec --endpoints="$endpoint" endpoint status -w json 2>&1)
printf '%s\\n' "$answer" | frame status
case $answer in
  *'"Endpoint"'*) ;;
  *) reason=$(printf '%s\\n' "$answer" | tls_reason "$endpoint")
    [ -z "$reason" ] || { echo "$reason" | frame tls; exit 0; } ;;
esac
`

/** What statusText found; undefined where the member does not answer. Throws ProblemError where TLS is the reason. */
export function ownStatus(frames: readonly Frame[], { endpoint }: EtcdSettings): MemberStatus | undefined {
  const [own] = parseStatuses(frameText(frames, 'status') ?? '')
  if (!own) refuseTls(endpoint, frames)
  return own
}
