import type { HostName } from '../model/id.ts'
import { ProblemError, problemsOf, unwrap } from '../model/problem.ts'
import type { Step } from '../model/runbook.ts'
import { type Contexts, contextOf, type Elsewhere, type Workplace } from './host-context.ts'
import type { PlanInput } from './input.ts'
import { openLink } from './link.ts'

/** The hosts that steps work on with `on` and that are not of the run: connected when first needed. */
export interface OpenElsewhere extends Elsewhere {
  close(): Promise<void>
}

export function openElsewhere(input: Pick<PlanInput, 'transport' | 'emit' | 'clock' | 'targetOf'>): OpenElsewhere {
  const opened = new Map<HostName, Promise<Workplace>>()
  const open = async (host: HostName): Promise<Workplace> => {
    const target = unwrap(input.targetOf(host))
    input.emit({ type: 'connecting', host })
    const connection = await openLink({ ...input, endpoint: target.endpoint })
    input.emit({ type: 'connected', host })
    return { target, connection }
  }
  return {
    open: (host) => {
      const place = opened.get(host) ?? open(host)
      opened.set(host, place)
      return place
    },
    close: async () => {
      const places = await Promise.allSettled(opened.values())
      await Promise.allSettled(
        places.map((one) => (one.status === 'fulfilled' ? one.value.connection.close() : undefined)),
      )
    },
  }
}

interface At {
  readonly contexts: Contexts
  readonly host: HostName
  readonly step: Step
}

/** Where the effects of a step are: its own host, or that which its `on` names. Throws ProblemError at the place of `on`. */
export async function workplaceOf({ contexts, host, step }: At, on: HostName | undefined): Promise<Workplace> {
  const own = contextOf(contexts, host)
  if (on === undefined) return own
  const ofRun = contexts.get(on)
  if (ofRun) return ofRun
  try {
    return await own.elsewhere.open(on)
  } catch (error) {
    const [first, ...others] = problemsOf(error, { step: step.id, ...(step.on ? { at: step.on.at } : {}) })
    throw new ProblemError({ host: first.kind === 'reference' ? host : on, ...first }, ...others)
  }
}
