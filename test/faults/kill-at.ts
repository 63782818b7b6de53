import { readlinkSync } from 'node:fs'
import { open } from 'node:fs/promises'
import process from 'node:process'

// Preloaded into the program (node --import kill-at.ts?when=...&record=...&ms=...): kills it, as nobody can prevent, at the
// nth record that this process writes to its journal. `before`: nothing of the record is there; `torn`: a part of it;
// `unsynced`: all of it, not yet durable; `after`: as durable as it gets, and not yet acted upon; `later`: that many ms on.

const query = new URL(import.meta.url).searchParams
const [when, record, ms] = [query.get('when'), Number(query.get('record')), Number(query.get('ms'))]

/** The methods of a file handle that the journal writes with. */
interface Handle {
  readonly fd: number
  write(bytes: Buffer, offset: number, length: number): Promise<{ readonly bytesWritten: number }>
  datasync(): Promise<void>
}

const sample = await open('/dev/null')
const methods = Object.getPrototypeOf(sample) as Handle // node:fs has no other name for its class
await sample.close()
const { write, datasync } = methods
let [written, isSyncing] = [0, false]

const die = (): void => void process.kill(process.pid, 'SIGKILL')
const isJournal = ({ fd }: Handle): boolean => readlinkSync(`/proc/self/fd/${fd}`).endsWith('run.jsonl')

methods.write = async function (this: Handle, ...[bytes, offset, length]) {
  const isDue = isJournal(this) && written + 1 === record
  if (isDue && when === 'before') die()
  if (isDue && when === 'torn') {
    await write.call(this, bytes, offset, Math.ceil(length / 2))
    die()
  }
  const part = await write.call(this, bytes, offset, length)
  if (!isJournal(this) || part.bytesWritten < length) return part
  written += 1
  if (isDue && when === 'unsynced') die()
  if (isDue && when === 'later') setTimeout(die, ms)
  // Some records are synced, at once, and others only with the next one.
  if (isDue && when === 'after') setImmediate(() => isSyncing || die())
  return part
}

methods.datasync = async function (this: Handle) {
  isSyncing = true
  await datasync.call(this)
  if (isJournal(this) && written === record && when === 'after') die()
  isSyncing = false
}
