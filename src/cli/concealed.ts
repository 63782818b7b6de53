import type { Concealing } from '../model/conceal.ts'
import type { Emit, Event, RecordedEvent } from '../model/event.ts'
import type { HashSeal, Journal, JournalStore } from '../model/journal.ts'
import type { Json, JsonObject } from '../model/json.ts'
import type { RedactedStream } from '../model/redact.ts'
import type { ChangeRecord, RunRecord } from '../model/run-record.ts'
import type { SecretMarks } from '../model/secret-marks.ts'
import type { SecretKeeper } from './secret-keeper.ts'

/** Events without secrets; output of steps that comes in pieces waits where a secret may be cut in two. */
export function concealedEmit(emit: Emit, { redactor }: SecretKeeper, concealing: Concealing): Emit {
  const open = new Map<string, { readonly stream: RedactedStream; readonly last: Event & { type: 'step-output' } }>()
  const flush = (host: string): void => {
    for (const [key, { stream, last }] of open) {
      if (last.host !== host) continue
      open.delete(key)
      const text = stream.flush()
      if (text !== '') emit({ ...last, text })
    }
  }
  return (event) => {
    if (event.type === 'step-output') {
      const key = [event.host, event.step, event.stream].join('\0')
      const stream = open.get(key)?.stream ?? redactor.stream()
      open.set(key, { stream, last: event })
      const text = stream.push(event.text)
      if (text !== '') emit({ ...event, text })
      return
    }
    if ('host' in event) flush(event.host)
    emit(concealing.event(event))
  }
}

/** Journals in which secrets stand as marks where they are needed again, and as *** elsewhere; hashes of files are sealed. */
export function concealedJournals(store: JournalStore, secrets: SecretKeeper, concealing: Concealing): JournalStore {
  const concealed = (journal: Journal): Journal => ({
    ...journal,
    append: async (event) =>
      journal.append(withoutHashes(marked(event, secrets.marks(), concealing), await store.hashSeal())),
  })
  return {
    ...store,
    create: async (run) => concealed(await store.create(run)),
    reopen: async (run) => concealed(await store.reopen(run)),
    fold: async (run) =>
      revealedRecord(await store.fold(run), { marks: secrets.marks(), seal: await store.hashSeal() }),
  }
}

/** As states of files hold them, which undoing compares with what is on the host. */
function withoutHashes(event: RecordedEvent, { seal }: HashSeal): RecordedEvent {
  if (event.type !== 'step-started') return event
  const { before, after } = event.change
  const hidden = <T>(value: T): T => seal(value as Json) as T // sealed: texts stay texts
  return { ...event, change: { ...event.change, before: hidden(before), after: hidden(after) } }
}

/** Concealed, but for what undoing and going on need as it was. */
function marked(event: RecordedEvent, marks: SecretMarks, concealing: Concealing): RecordedEvent {
  const kept = <T>(value: T): T => marks.conceal(value as Json) as T // sealed: texts stay texts
  const shown = concealing.event(event) as RecordedEvent // sealed: the same type of event
  if (event.type === 'step-finished')
    return { ...shown, ...(event.output === undefined ? {} : { output: kept(event.output) }) } as RecordedEvent // as above
  if (event.type === 'stage-started')
    return { ...shown, ...(event.facts ? { facts: kept(event.facts) } : {}) } as RecordedEvent // as above
  if (event.type === 'undo-started')
    return { ...shown, ...(event.trace ? { trace: kept(event.trace) } : {}) } as RecordedEvent // as above
  if (event.type !== 'step-started' || shown.type !== 'step-started') return shown
  const { args, undo, trace, change } = event
  return {
    ...shown,
    args: kept(args),
    change: { ...shown.change, before: kept(change.before), after: kept(change.after) },
    ...(undo ? { undo: kept(undo) } : {}),
    ...(trace ? { trace: kept(trace) } : {}),
  }
}

/** What was taken out of a record, and is put back. */
interface Revealing {
  readonly marks: SecretMarks
  readonly seal: HashSeal
}

/** A record with its secrets and hashes in place again; those that have no value now stay marks. */
export function revealedRecord(record: RunRecord, { marks, seal }: Revealing): RunRecord {
  const open = <T>(value: T): T => seal.open(marks.reveal(value as Json, () => undefined)) as T // sealed: texts stay texts
  return {
    ...record,
    ...(record.facts ? { facts: { ...record.facts, hosts: open(record.facts.hosts) } } : {}),
    changes: record.changes.map(
      (one): ChangeRecord => ({
        ...one,
        args: open(one.args),
        change: { ...one.change, before: open(one.change.before), after: open<JsonObject | null>(one.change.after) },
        ...(one.undo ? { undo: open(one.undo) } : {}),
        ...(one.trace ? { trace: open(one.trace) } : {}),
        ...(one.undoTrace ? { undoTrace: open(one.undoTrace) } : {}),
        ...(one.output === undefined ? {} : { output: open(one.output) }),
      }),
    ),
    finished: record.finished.map((one) => (one.output === undefined ? one : { ...one, output: open(one.output) })),
  }
}
