import type { ChangeRecord } from '../model/run-record.ts'

/** Whether nobody knows how a change ended: nothing was heard of it any more. It may have done all, something or nothing. */
export const isLeftOpen = ({ state, problem }: ChangeRecord): boolean =>
  state === 'started' ||
  (state === 'failed' &&
    (problem?.kind === 'connection-lost' || problem?.kind === 'timeout' || problem?.kind === 'unreachable'))
