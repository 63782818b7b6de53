import type { ChangeRecord } from '../model/run-record.ts'

/** Whether nobody knows how a change ended: nothing was heard of it any more. It may have done all, something or nothing. */
export const isLeftOpen = ({ state, problem }: ChangeRecord): boolean =>
  state === 'started' ||
  (state === 'failed' &&
    (problem?.kind === 'connection-lost' || problem?.kind === 'timeout' || problem?.kind === 'unreachable'))

/** Whether nothing on the host can tell if the change was made: a command without a check. */
export const isUnseen = ({ change, trace }: ChangeRecord): boolean => !change.settles && trace === undefined

/** Whether a run keeps its hosts for a change when it ends: nobody knows how that ended, or looking would have told. */
export const keepsHost = (change: ChangeRecord): boolean =>
  isLeftOpen(change) && (change.state === 'started' || isUnseen(change))
