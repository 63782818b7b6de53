import type { HostName } from '../model/id.ts'
import { type Contexts, contextOf, type Workplace } from './host-context.ts'
import type { PlanInput } from './input.ts'
import { type Link, openLink } from './link.ts'
import { eachLimited } from './reads.ts'

/** Several connections to each host, one for each kind of question, so that their sampling windows run at the same time. */
export interface Lanes {
  at(host: HostName, kind: string): Workplace
  close(): Promise<void>
}

/**
 * The first kind has the connection that is there; the others one each. A shell answers one question after another, and a window
 * is a sleep in it.
 */
export async function openLanes(
  input: Pick<PlanInput, 'transport' | 'clock' | 'emit' | 'forks'>,
  contexts: Contexts,
  [first, ...others]: readonly string[],
): Promise<Lanes> {
  const links = new Map<string, Link>()
  const pairs = [...contexts.values()].flatMap(({ target }) => others.map((kind) => ({ target, kind })))
  const close = async (): Promise<void> => {
    await Promise.allSettled([...links.values()].map((link) => link.close()))
  }
  try {
    await eachLimited(pairs, input.forks, async ({ target, kind }) => {
      links.set(keyOf(target.name, kind), await openLink({ ...input, endpoint: target.endpoint }))
    })
  } catch (error) {
    await close()
    throw error
  }
  return {
    at: (host, kind) => {
      const context = contextOf(contexts, host)
      const connection = kind === first ? context.connection : links.get(keyOf(host, kind))
      return { target: context.target, connection: connection ?? context.connection }
    },
    close,
  }
}

const keyOf = (host: HostName, kind: string): string => `${host} ${kind}`
