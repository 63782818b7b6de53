import type { HostName } from '../model/id.ts'
import type { ChangeRecord } from '../model/run-record.ts'
import type { Step } from '../model/runbook.ts'
import type { PlanInput } from './input.ts'

/**
 * When a host is needed by who undoes a run, or goes on with it: at once, at once and it may just be starting, after something on
 * another host, or for nothing that was changed.
 */
export type Need = 'now' | 'soon' | 'later' | 'never'

/** Changes are undone from the last to the first: a host is waited for by what was done last for it or on it. */
export function needToUndo(host: HostName, changes: readonly ChangeRecord[]): Need {
  const last = lastFor(host, changes)
  if (!last) return 'never'
  return whereOf(last) === host ? 'now' : 'later'
}

/**
 * Who goes on with a run needs a host that was switched off from another one only when that has switched it on: where the next
 * step for it works there, too, and the journal has what its stage began with.
 */
export function needToGoOn(host: HostName, { past, runbook }: Pick<PlanInput, 'past' | 'runbook'>): Need {
  const last = past && lastFor(host, past.changes)
  if (!last || whereOf(last) === host) return 'now'
  const isDone = (step: Step): boolean => past.finished.some((one) => one.host === host && one.step === step.id)
  const next = runbook.stages[last.stage]?.steps.find((step) => !isDone(step))
  return next?.on && past.facts?.stage === last.stage && past.facts.hosts[host] ? 'later' : 'soon'
}

const lastFor = (host: HostName, changes: readonly ChangeRecord[]): ChangeRecord | undefined =>
  changes.findLast((one) => one.state !== 'undone' && (one.host === host || one.on === host))

/** Who only looks how these changes ended needs the hosts that they were made on. */
export const needToLook = (host: HostName, changes: readonly ChangeRecord[]): Need =>
  changes.some((change) => whereOf(change) === host) ? 'now' : 'never'

/** The host that a change was made on. */
export const whereOf = ({ host, on }: Pick<ChangeRecord, 'host' | 'on'>): HostName => on ?? host
