import { sh } from '../model/command.ts'
import type { HostName } from '../model/id.ts'
import type { Probe } from '../model/module.ts'
import type { Measure, Step } from '../model/runbook.ts'
import { contextOf, privilegeOf } from './host-context.ts'
import type { Link } from './link.ts'
import { type Looking, probeAt } from './looking.ts'

/**
 * Probes for measures. A shell answers one question after another, and a sampling window is a sleep in it: each kind of module asks in a
 * lane of its own, so that windows run at the same time; the first kind in the shell that is there.
 */
export function probesIn(looking: Looking, measures: readonly Measure[]): (host: HostName, step: Step) => Probe {
  const first = measures[0]?.read.module
  return (host, step) => {
    const { target, connection } = contextOf(looking.contexts, host)
    const own = step.module === first ? connection : inLane(connection, step.module.name)
    return probeAt(looking, { host, step, at: { target, connection: own } })
  }
}

/** As probesIn, where the shell that is there is busy with facts: a lane for the first kind too. */
export const probesBesideFacts =
  (looking: Looking): ((host: HostName, step: Step) => Probe) =>
  (host, step) => {
    const { target, connection } = contextOf(looking.contexts, host)
    return probeAt(looking, { host, step, at: { target, connection: inLane(connection, step.module.name) } })
  }

/**
 * Opens the lanes that will most likely be asked in, so that a measure finds its shell there: not those of includes, nor where it rests on
 * a parameter. What is wrong with one is told by who asks in it.
 */
export function openLanes({ contexts, hosts, runbook }: Looking, measures: readonly Measure[]): void {
  const facts = new Set(runbook.facts.map((step) => step.as))
  const likely = measures
    .map(({ read }) => read)
    .filter(({ when, include }) => !include && (!when || when.names.some((name) => facts.has(name))))
  const first = [...new Map(likely.map((step) => [step.module.name, step])).values()]
  for (const context of hosts.map((host) => contextOf(contexts, host)))
    for (const step of first)
      inLane(context.connection, step.module.name)
        .probe(privilegeOf(runbook, step, context))
        .run(sh`:`)
        .catch(() => undefined)
}

const inLane = (link: Link, lane: string): Link => ({ ...link, probe: (privilege) => link.probe(privilege, lane) })
