import type { Change, Decision } from '../../model/module.ts'

/** A step that changes the run's record, takes time or asks, and leaves its host as it is: done anew after a crash. */
export const hostUnchanged = (summary: string, details: Change['details'] = []): Decision => ({
  kind: 'change',
  change: {
    verb: 'run',
    summary,
    details,
    before: {},
    after: null,
    settles: false,
    reversible: true,
    predicts: {},
    sparesHost: true,
    trace: {},
  },
})
