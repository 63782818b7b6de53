import { type Link, type LinkInput, openLink, untilOpened, WAITS_MS } from './link.ts'

/** A link to a host that did not answer: connected when something is asked of it. */
export interface LateLink extends Link {
  /** What comes first on the connection; where it fails nothing else is done there. */
  readonly before: (work: (link: Link) => Promise<unknown>) => void
}

/**
 * A host that is needed later may be starting by then, and is waited for as one that was lost is; another is tried once. Who was
 * waited for in vain is tried once each time after that. What is asked throws ProblemError as the last attempt did.
 */
export function openLate(input: LinkInput, need: 'later' | 'never'): LateLink {
  const { host } = input.endpoint
  let waits = need === 'later' ? WAITS_MS : [0]
  let first: (link: Link) => Promise<unknown> = () => Promise.resolve()
  let opened: Link | undefined
  let opening: Promise<Link> | undefined
  const open = async (): Promise<Link> => {
    const link = await untilOpened(input, waits, () => openLink(input))
    try {
      await first(link)
    } catch (error) {
      await link.close().catch(() => undefined)
      throw error
    }
    input.emit({ type: 'connected', host })
    opened = link
    return link
  }
  const link = (): Promise<Link> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined
      waits = [0]
      throw error
    })
    return opening
  }
  return {
    host,
    probe: (privilege, lane) => ({ run: async (...asked) => (await link()).probe(privilege, lane).run(...asked) }),
    session: (privilege) => ({ run: async (...asked) => (await link()).session(privilege).run(...asked) }),
    close: async () => opened?.close(),
    reconnect: async () => (await link()).reconnect(),
    identity: async () => (await link()).identity(),
    renew: async (ms) => (await link()).renew(ms),
    ready: async () => void (await link()),
    isAwaited: () => opened === undefined,
    before: (work) => {
      first = work
    },
  }
}
