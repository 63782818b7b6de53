import { unknownChanges } from '../engine/settle.ts'
import type { RecordedEvent } from '../model/event.ts'
import type { RunId } from '../model/id.ts'
import type { JournalStore } from '../model/journal.ts'
import { ProblemError } from '../model/problem.ts'
import type { RunRecord } from '../model/run-record.ts'
import type { Said } from './command.ts'

/**
 * Records what the operator says of changes that nothing else can tell the end of, and gives the run as it is then.
 * Throws ProblemError for words about a step that is not in doubt.
 */
export async function settleAsSaid(journals: JournalStore, run: RunId, said: readonly Said[]): Promise<RunRecord> {
  const before = await journals.fold(run)
  const events = said.map((one) => eventOf(one, before))
  if (events.length > 0) {
    const journal = await journals.reopen(run)
    for (const event of events) await journal.append(event)
    await journal.close()
  }
  return journals.fold(run)
}

/** Throws ProblemError for each change that nobody and nothing has told the end of. */
export function refuseUnknown({ changes }: RunRecord): void {
  const [first, ...others] = unknownChanges(changes)
  if (first) throw new ProblemError(first, ...others)
}

function eventOf(said: Said, { changes }: RunRecord): RecordedEvent {
  const open = changes.filter((change) => change.state === 'started' || change.state === 'failed')
  const change = open.find(({ step, host }) => step === said.step && host === said.host)
  if (!change) {
    throw new ProblemError({
      kind: 'usage',
      message: `--settle ${said.step}@${said.host}: nothing is in doubt there`,
      hint:
        open.length === 0 ? 'leave it out' : `in doubt: ${open.map(({ step, host }) => `${step}@${host}`).join(', ')}`,
    })
  }
  const { host, stage, step } = change
  return said.outcome === 'done'
    ? { type: 'step-finished', host, stage, step, result: 'changed', summary: 'done, says the operator' }
    : { type: 'undo-finished', host, stage, step, summary: 'not done, says the operator' }
}
