import { createHash } from 'node:crypto'
import type { StoredJournal } from './history.ts'

/** What the checker needs of a record; anything else of it is not looked at. */
export interface ReadRecord {
  readonly at: number // ms since 1970
  readonly event: {
    readonly type: string
    readonly host?: string
    readonly step?: string
    readonly outcome?: string
    readonly verb?: string
    readonly of?: string
    readonly hosts?: readonly string[]
    readonly change?: { readonly verb: string }
    readonly problem?: { readonly kind: string }
  }
}

/**
 * The records of a journal, read without the program's own reader; `broken` says where it is not what was written, `torn`: what its
 * writer was killed in, after the last whole record. */
export function readJournal({ run, text }: StoredJournal): {
  readonly run: string
  readonly records: readonly ReadRecord[]
  readonly broken?: string
  readonly torn: boolean
} {
  const records: ReadRecord[] = []
  let prev = '0'.repeat(64)
  const lines = text.split('\n')
  const tail = lines.pop()
  for (const [index, line] of lines.entries()) {
    const sealed = /^(.*),"h":"([0-9a-f]{64})"\}$/.exec(line)
    const [body, hash] = [`${sealed?.[1]}}`, sealed?.[2]]
    if (!sealed || createHash('sha256').update(body).digest('hex') !== hash)
      return { run, records, torn: false, broken: at(index) }
    const { time, event, prev: before, seq } = JSON.parse(body) as Line // its hash fits: it was written by the program
    if (before !== prev || seq !== index) return { run, records, torn: false, broken: `${at(index)}: not what follows` }
    records.push({ at: Date.parse(time), event })
    prev = hash ?? ''
  }
  return { run, records, torn: tail !== '' }
}

const at = (index: number): string => `line ${index + 1}`

interface Line {
  readonly time: string
  readonly seq: number
  readonly prev: string
  readonly event: ReadRecord['event']
}
