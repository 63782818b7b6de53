import { readlinkSync } from 'node:fs'
import { open } from 'node:fs/promises'
import process from 'node:process'

// Preloaded into the program (node --import kill-at.ts?when=...&record=...&ms=...): kills it, as nobody can prevent, at the
// nth record that this process writes to its journal. `before`: nothing of the record is there; `torn`: a part of it;
// `unsynced`: all of it, not yet durable; `after`: durable, and not yet acted upon; `later`: that many ms after that.

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
let synced = 0

const die = (): void => void process.kill(process.pid, 'SIGKILL')
const isDue = (handle: Handle): boolean =>
  synced + 1 === record && readlinkSync(`/proc/self/fd/${handle.fd}`).endsWith('run.jsonl')

methods.write = async function (this: Handle, ...[bytes, offset, length]) {
  if (!isDue(this)) return write.call(this, bytes, offset, length)
  if (when === 'before') die()
  if (when === 'torn') {
    await write.call(this, bytes, offset, Math.ceil(length / 2))
    die()
  }
  const written = await write.call(this, bytes, offset, length)
  if (when === 'unsynced') die()
  return written
}

methods.datasync = async function (this: Handle) {
  const due = isDue(this)
  await datasync.call(this)
  if (readlinkSync(`/proc/self/fd/${this.fd}`).endsWith('run.jsonl')) synced += 1
  if (due && when === 'after') die()
  if (due && when === 'later') setTimeout(die, ms)
}
