import type { HostName } from '../model/id.ts'
import type { Probe } from '../model/module.ts'
import type { Measure, Step } from '../model/runbook.ts'
import { contextOf } from './host-context.ts'
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

const inLane = (link: Link, lane: string): Link => ({ ...link, probe: (privilege) => link.probe(privilege, lane) })
