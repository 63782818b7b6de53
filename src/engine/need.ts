import type { HostName } from '../model/id.ts'
import type { ChangeRecord } from '../model/run-record.ts'

/** When a host is needed by who undoes a run: at once, after something on another host, or for nothing that was changed. */
export type Need = 'now' | 'later' | 'never'

/** Changes are undone from the last to the first: a host is waited for by what was done last for it or on it. */
export function needToUndo(host: HostName, changes: readonly ChangeRecord[]): Need {
  const last = changes.findLast((one) => one.state !== 'undone' && (one.host === host || one.on === host))
  if (!last) return 'never'
  return whereOf(last) === host ? 'now' : 'later'
}

/** Who only looks how these changes ended needs the hosts that they were made on. */
export const needToLook = (host: HostName, changes: readonly ChangeRecord[]): Need =>
  changes.some((change) => whereOf(change) === host) ? 'now' : 'never'

/** The host that a change was made on. */
export const whereOf = ({ host, on }: Pick<ChangeRecord, 'host' | 'on'>): HostName => on ?? host
