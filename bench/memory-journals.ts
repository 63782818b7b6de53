import { foldRun } from '../src/journal/fold.ts'
import type { RecordedEvent } from '../src/model/event.ts'
import type { Journal, JournalStore } from '../src/model/journal.ts'

/** One journal that keeps nothing beyond this process, and waits for nothing. */
export function memoryJournals(): JournalStore {
  const events: RecordedEvent[] = []
  const open = (run: Journal['run']): Promise<Journal> =>
    Promise.resolve({
      run,
      append: (event) => {
        events.push(event)
        return Promise.resolve()
      },
      keep: async (name, bytes) => {
        let length = 0
        for await (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) length += piece.length
        return { file: name, bytes: length, sha256: '' }
      },
      close: () => Promise.resolve(),
    })
  return {
    create: open,
    reopen: open,
    discard: () => Promise.resolve(),
    hashSeal: () => Promise.resolve({ seal: (value) => value, open: (value) => value }),
    list: () => Promise.resolve([]),
    read: () => Promise.resolve(events.map((event, seq) => ({ seq, time: '', event }))),
    fold: () => Promise.resolve(foldRun(events)),
  }
}
