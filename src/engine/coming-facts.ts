import type { HostName } from '../model/id.ts'
import type { Measure, Runbook } from '../model/runbook.ts'

/** Facts that are being read: what rests on one of them need not wait for the others. */
export interface ComingFacts {
  /** To be told of each fact of a host as it is kept. */
  readonly kept: (host: HostName, name: string) => void
  /**
   * Resolves once a host's facts that a measure is taken with are known. All of every host are waited for by what is taken with a var,
   * with other hosts' values or in an include: these are settled last. Throws as `all` does.
   */
  readonly neededBy: (measure: Measure, host: HostName, all: Promise<void>) => Promise<void>
}

export function comingFacts({ facts, vars }: Pick<Runbook, 'facts' | 'vars'>): ComingFacts {
  const coming = new Map<string, PromiseWithResolvers<void>>()
  const of = (host: HostName, name: string): PromiseWithResolvers<void> => {
    const key = `${host} ${name}`
    const one = coming.get(key) ?? Promise.withResolvers<void>()
    coming.set(key, one)
    return one
  }
  const names = new Set(facts.flatMap((step) => step.as ?? []))
  const settledLast = new Set(['hosts', ...vars.map(({ name }) => name)])
  return {
    kept: (host, name) => of(host, name).resolve(),
    neededBy: async ({ read }, host, all) => {
      const needed = [...read.args.names, ...(read.when?.names ?? [])]
      if (read.include !== undefined || needed.some((name) => settledLast.has(name))) return all
      const own = needed.filter((name) => names.has(name)).map((name) => of(host, name).promise)
      await Promise.race([Promise.all(own), all])
    },
  }
}
