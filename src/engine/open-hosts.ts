import type { HostName } from '../model/id.ts'
import type { HostIdentity } from '../model/plan.ts'
import { type Problem, ProblemError, problemsOf } from '../model/problem.ts'
import { openElsewhere } from './elsewhere.ts'
import { type Contexts, type Elsewhere, type HostContext, openContext } from './host-context.ts'
import type { PlanInput, TargetHost } from './input.ts'
import { type LateLink, openLate } from './late-link.ts'
import { isAway, type Link, type LinkInput, openLink, untilOpened, WAITS_MS } from './link.ts'
import type { Need } from './need.ts'
import { eachLimited } from './reads.ts'

/** All hosts of a run, connected but for those that were not needed at once. */
export interface OpenHosts {
  readonly contexts: Contexts
  readonly late: readonly LateHost[] // of these, those that did not answer
  /** Asked for at once and awaited late, so that it costs no round trip of its own. */
  identities(): Promise<readonly HostIdentity[]>
  close(): Promise<void>
}

export interface LateHost {
  readonly target: TargetHost
  readonly connection: LateLink
}

/**
 * Connects to every host, or to none: one ProblemError with what is wrong on each host that cannot be reached. One that is down
 * and not needed at once is left for later.
 */
export async function openHosts(
  input: Pick<PlanInput, 'hosts' | 'transport' | 'forks' | 'emit' | 'clock' | 'targetOf'>,
  need: (host: HostName) => Need = () => 'now',
): Promise<OpenHosts> {
  const elsewhere = openElsewhere(input)
  const tried = await eachLimited(input.hosts, input.forks, (target) => tryOpen({ ...input, elsewhere, need }, target))
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
  const identities = () => Promise.all(opened.map(({ identity, context }) => identity ?? unseen(context.target.name)))
  return { contexts, late: opened.flatMap(({ late }) => late ?? []), identities, close }
}

/** Of a host that does not answer nothing is known. */
const unseen = (host: HostName): HostIdentity => ({ host, machineId: '', bootId: '' })

type Attempt =
  | { readonly context: HostContext; readonly identity?: Promise<HostIdentity>; readonly late?: LateHost }
  | { readonly problems: readonly Problem[] }

interface Opening extends Omit<LinkInput, 'endpoint'> {
  readonly elsewhere: Elsewhere
  readonly need: (host: HostName) => Need
}

async function tryOpen(input: Opening, target: TargetHost): Promise<Attempt> {
  const link = { ...input, endpoint: target.endpoint }
  try {
    input.emit({ type: 'connecting', host: target.name })
    const connection = await openNow(link, input.need(target.name))
    const identity = connection.identity()
    identity.catch(() => undefined) // a host lost meanwhile is told by whoever needs it
    input.emit({ type: 'connected', host: target.name })
    return { context: openContext({ target, connection }, input.elsewhere), identity }
  } catch (error) {
    const problems = problemsOf(error, { host: target.name })
    const need = input.need(target.name)
    if (need === 'now' || need === 'soon' || problems[0].kind !== 'unreachable') return { problems }
    input.emit({ type: 'away', host: target.name })
    const late = { target, connection: openLate(link, need) }
    return { context: openContext(late, input.elsewhere), late }
  }
}

/** One that may just be starting is waited for. */
async function openNow(link: LinkInput, need: Need): Promise<Link> {
  try {
    return await openLink(link)
  } catch (error) {
    if (need !== 'soon' || !isAway(error)) throw error
    return untilOpened(link, WAITS_MS, () => openLink(link))
  }
}
