import { sha256 } from '../model/digest.ts'
import type { RecordedEvent } from '../model/event.ts'
import type { JournalRecord } from '../model/journal.ts'
import { ProblemError } from '../model/problem.ts'

/** The `prev` of a journal's first line. */
export const GENESIS = '0'.repeat(64)

const FORMAT = 1

/** One line of a journal, and the hash that the next line must carry as `prev`. */
export interface Sealed {
  readonly line: string // ends in a newline
  readonly hash: string
}

/** A record as its line: JSON with `prev` (hash of the line before) and `h` (hash of all that precedes it). */
export function seal(record: JournalRecord, prev: string): Sealed {
  const body = JSON.stringify({ v: FORMAT, ...record, prev })
  const hash = sha256(body)
  return { line: `${body.slice(0, -1)},"h":"${hash}"}\n`, hash }
}

/** What a journal's bytes hold. `torn`: bytes after the last whole record. `damagedAt`: line that is not what was written. */
export interface Opened {
  readonly records: readonly JournalRecord[]
  readonly hash: string
  readonly length: number // bytes of whole records
  readonly torn: number
  readonly damagedAt?: number
}

/**
 * Reads lines up to the last whole record. Only what follows the last newline may be torn (a crash while writing);
 * anything else that does not fit the chain is damage, named by its line. A ProblemError where a newer version wrote it.
 */
export function open(bytes: Buffer): Opened {
  const records: JournalRecord[] = []
  let hash = GENESIS
  let offset = 0
  for (;;) {
    const end = bytes.indexOf(10, offset)
    if (end < 0) return { records, hash, length: offset, torn: bytes.length - offset }
    const next = unseal(bytes.subarray(offset, end).toString('utf8'), hash)
    if (!next) return { records, hash, length: offset, torn: bytes.length - offset, damagedAt: records.length + 1 }
    records.push(next.record)
    hash = next.hash
    offset = end + 1
  }
}

function unseal(line: string, prev: string): { record: JournalRecord; hash: string } | undefined {
  const mark = line.lastIndexOf(',"h":"')
  if (mark < 0) return undefined
  const body = `${line.slice(0, mark)}}`
  const hash = line.slice(mark + 6, -2)
  if (line.slice(-2) !== '"}' || sha256(body) !== hash) return undefined
  const parsed = JSON.parse(body) as { v: number; seq: number; time: string; event: RecordedEvent; prev: string } // sealed by its hash
  if (parsed.v !== FORMAT) throw otherFormat(parsed.v)
  if (parsed.prev !== prev) return undefined
  return { record: { seq: parsed.seq, time: parsed.time, event: parsed.event }, hash }
}

const otherFormat = (format: number): ProblemError =>
  new ProblemError({
    kind: 'io',
    message: `the journal has format ${format}, and this version reads ${FORMAT}`,
    hint: 'go on with the version of runbook that wrote it, or a newer one',
  })
