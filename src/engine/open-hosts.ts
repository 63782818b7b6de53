import type { HostName } from '../model/id.ts'
import type { HostIdentity } from '../model/plan.ts'
import { type Problem, ProblemError, problemsOf } from '../model/problem.ts'
import { openElsewhere } from './elsewhere.ts'
import { type Contexts, type Elsewhere, type HostContext, openContext } from './host-context.ts'
import type { PlanInput, TargetHost } from './input.ts'
import { openLink } from './link.ts'
import { eachLimited } from './reads.ts'

/** All hosts of a run, connected. */
export interface OpenHosts {
  readonly contexts: Contexts
  /** Asked for at once and awaited late, so that it costs no round trip of its own. */
  identities(): Promise<readonly HostIdentity[]>
  close(): Promise<void>
}

/** Connects to every host, or to none: one ProblemError with what is wrong on each host that cannot be reached. */
export async function openHosts(
  input: Pick<PlanInput, 'hosts' | 'transport' | 'forks' | 'emit' | 'clock' | 'targetOf'>,
): Promise<OpenHosts> {
  const elsewhere = openElsewhere(input)
  const tried = await eachLimited(input.hosts, input.forks, (target) => tryOpen({ ...input, elsewhere }, target))
  const opened = tried.flatMap((attempt) => ('context' in attempt ? [attempt] : []))
  const close = async (): Promise<void> => {
    await Promise.allSettled([...opened.map(({ context }) => context.connection.close()), elsewhere.close()])
  }
  const [first, ...others] = tried.flatMap((attempt) => ('problems' in attempt ? attempt.problems : []))
  if (first) {
    await close()
    throw new ProblemError(first, ...others)
  }
  const contexts = new Map<HostName, HostContext>(opened.map(({ context }) => [context.target.name, context]))
  return { contexts, identities: () => Promise.all(opened.map(({ identity }) => identity)), close }
}

type Attempt =
  | { readonly context: HostContext; readonly identity: Promise<HostIdentity> }
  | { readonly problems: readonly Problem[] }

async function tryOpen(
  input: Pick<PlanInput, 'transport' | 'emit' | 'clock'> & { readonly elsewhere: Elsewhere },
  target: TargetHost,
): Promise<Attempt> {
  try {
    input.emit({ type: 'connecting', host: target.name })
    const connection = await openLink({ ...input, endpoint: target.endpoint })
    const identity = connection.identity()
    identity.catch(() => undefined) // a host lost meanwhile is told by whoever needs it
    input.emit({ type: 'connected', host: target.name })
    return { context: openContext({ target, connection }, input.elsewhere), identity }
  } catch (error) {
    return { problems: problemsOf(error, { host: target.name }) }
  }
}
