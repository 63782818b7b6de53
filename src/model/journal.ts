import type { RecordedEvent } from './event.ts'
import type { RunId } from './id.ts'
import type { Json } from './json.ts'
import type { KeptFile } from './module.ts'
import type { RunRecord } from './run-record.ts'

/** The record of one run while it is being written. */
export interface Journal {
  readonly run: RunId
  /** Written when it resolves, and durable (fdatasync) where an effect may follow. Throws ProblemError kind io: then no effect may follow. */
  append(event: RecordedEvent): Promise<void>
  /** Keeps bytes beside the journal, durable when it resolves, in place of an earlier file of that name; pieces one after another. */
  keep(name: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<KeptFile>
  close(): Promise<void>
}

/** An event as kept, with its number (from 0) and the controller's clock (ISO 8601, for people only). */
export interface JournalRecord {
  readonly seq: number
  readonly time: string
  readonly event: RecordedEvent
}

/**
 * Hides hashes in what is kept, and gives them back: a plain SHA-256 of a file that is known but for a short secret gives
 * the secret away to whoever gets to see the journal.
 */
export interface HashSeal {
  seal(value: Json): Json
  /** What was sealed with another key, or not at all, stays as it is. */
  open(value: Json): Json
}

/** All runs that this controller knows. */
export interface JournalStore {
  create(run: RunId): Promise<Journal>
  /** Opens an existing run to go on writing. */
  reopen(run: RunId): Promise<Journal>
  /** Forgets a run of which nothing but its start is recorded: one that did nothing. */
  discard(run: RunId): Promise<void>
  /** Of this folder; makes its key where there is none. */
  hashSeal(): Promise<HashSeal>
  /** Newest first. */
  list(): Promise<readonly RunId[]>
  /** The records up to the last whole one; a damaged record anywhere before the end throws ProblemError kind io. */
  read(run: RunId): Promise<readonly JournalRecord[]>
  /** What the run comes to, with what later rollbacks of it have undone. */
  fold(run: RunId): Promise<RunRecord>
}
