import { createHash } from 'node:crypto'
import { mkdir, open as openFile, readdir, readFile, rename, rm, truncate } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '../model/clock.ts'
import type { RecordedEvent } from '../model/event.ts'
import { type RunId, runId } from '../model/id.ts'
import type { Journal, JournalRecord, JournalStore } from '../model/journal.ts'
import type { KeptFile } from '../model/module.ts'
import { ProblemError } from '../model/problem.ts'
import type { RunRecord } from '../model/run-record.ts'
import { GENESIS, open, seal } from './chain.ts'
import { foldRun } from './fold.ts'
import { openHashSeal, type RandomBytes } from './hash-seal.ts'
import { mustBeSynced } from './must-be-synced.ts'

/** Runs kept as `<dir>/<run id>/run.jsonl`: folders 0700, files 0600, one hash-chained line an event. `randomBytes`: for who writes. */
export function openJournalStore(
  dir: string,
  clock: Pick<Clock, 'now'> & { readonly randomBytes?: RandomBytes },
): JournalStore {
  const fileOf = (run: RunId) => path.join(dir, run, 'run.jsonl')
  return {
    create: (run) => guarded(fileOf(run), () => createJournal({ run, file: fileOf(run), clock })),
    reopen: (run) => guarded(fileOf(run), () => reopenJournal({ run, file: fileOf(run), clock })),
    discard: (run) => guarded(fileOf(run), () => discardJournal(fileOf(run))),
    hashSeal: () => guarded(dir, () => openHashSeal(dir, clock.randomBytes)),
    list: () => guarded(dir, () => listRuns(dir)),
    read: (run) => guarded(fileOf(run), () => readRecords(fileOf(run))),
    fold: (run) => guarded(fileOf(run), () => foldStored({ dir, run, fileOf })),
  }
}

async function foldStored(of: { dir: string; run: RunId; fileOf: (run: RunId) => string }): Promise<RunRecord> {
  const own = await eventsIn(of.fileOf(of.run))
  const later = (await listRuns(of.dir)).filter((run) => run > of.run).reverse()
  const journals = await Promise.all(later.map((run) => eventsIn(of.fileOf(run))))
  return foldRun(
    own,
    journals.filter(([first]) => first?.type === 'run-started' && first.of === of.run),
  )
}

const eventsIn = async (file: string): Promise<readonly RecordedEvent[]> =>
  (await readRecords(file)).map(({ event }) => event)

interface Place {
  readonly run: RunId
  readonly file: string
  readonly clock: Pick<Clock, 'now'>
}

async function createJournal(place: Place): Promise<Journal> {
  const folder = path.dirname(place.file)
  await mkdir(path.dirname(folder), { recursive: true, mode: 0o700 })
  await mkdir(folder, { mode: 0o700 })
  const journal = await writer(place, { seq: 0, hash: GENESIS, flags: 'ax' })
  await syncFolder(folder)
  await syncFolder(path.dirname(folder))
  return journal
}

async function reopenJournal(place: Place): Promise<Journal> {
  const opened = await openWhole(place.file)
  if (opened.torn > 0) await setAside(place.file, opened.length)
  return writer(place, { seq: opened.records.length, hash: opened.hash, flags: 'a' })
}

async function discardJournal(file: string): Promise<void> {
  const records = await readRecords(file)
  if (records.length > 1) throw new Error(`more than the start is recorded in ${file}`)
  await rm(path.dirname(file), { recursive: true })
}

/** A torn tail is kept beside the journal, never dropped silently. */
async function setAside(file: string, length: number): Promise<void> {
  const bytes = await readFile(file)
  const torn = await openFile(`${file}.torn.tmp`, 'w', 0o600)
  await torn.writeFile(bytes.subarray(length))
  await torn.sync()
  await torn.close()
  await rename(`${file}.torn.tmp`, `${file}.torn`)
  await truncate(file, length)
}

async function writer(place: Place, from: { seq: number; hash: string; flags: string }): Promise<Journal> {
  const handle = await openFile(place.file, from.flags, 0o600)
  let { seq, hash } = from
  let queue: Promise<void> = Promise.resolve()

  const write = async (event: RecordedEvent): Promise<void> => {
    const sealed = seal({ seq, time: place.clock.now().toISOString(), event }, hash)
    const bytes = Buffer.from(sealed.line)
    // A full disk can take part of a write without an error: go on until all bytes are out.
    for (let done = 0; done < bytes.length; )
      done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten
    if (mustBeSynced(event)) await handle.datasync()
    seq += 1
    hash = sealed.hash
  }

  return {
    run: place.run,
    keep: (name, bytes) =>
      guarded(place.file, () => keepFile(path.join(path.dirname(place.file), 'files'), name, bytes)),
    append: (event) => {
      // After one failure the file's end is unknown: the queue stays rejected and nothing more is written.
      queue = queue.then(() => guarded(place.file, () => write(event)))
      return queue
    },
    close: async () => {
      await queue.then(() => handle.datasync()).catch(() => undefined)
      await handle.close()
    },
  }
}

/** Whole or not at all; the name is one of ours, and no path. */
async function keepFile(folder: string, name: string, bytes: Parameters<Journal['keep']>[1]): Promise<KeptFile> {
  if (!/^[A-Za-z0-9%._!~*'()-]+$/.test(name)) throw new Error(`no name for a file: ${name}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const next = path.join(folder, `${name}.part`)
  try {
    const written = await writeWhole(next, bytes)
    await rename(next, path.join(folder, name))
    await syncFolder(folder)
    return { file: `files/${name}`, ...written }
  } catch (error) {
    await rm(next, { force: true }) // half of a large file would only fill the disk
    throw error
  }
}

async function writeWhole(file: string, bytes: Parameters<Journal['keep']>[1]): Promise<Omit<KeptFile, 'file'>> {
  const handle = await openFile(file, 'w', 0o600)
  const hash = createHash('sha256')
  let length = 0
  try {
    for await (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) {
      hash.update(piece)
      length += piece.length
      await handle.writeFile(piece) // at where the last one ended
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return { bytes: length, sha256: hash.digest('hex') }
}

async function readRecords(file: string): Promise<readonly JournalRecord[]> {
  return (await openWhole(file)).records
}

async function openWhole(file: string) {
  const opened = open(await readFile(file))
  if (opened.damagedAt === undefined) return opened
  throw new ProblemError({
    kind: 'io',
    message: `the journal is damaged: line ${opened.damagedAt} is not what was written`,
    at: { file, line: opened.damagedAt, column: 1, length: 1 },
    hint: 'nothing after that line can be trusted; look at the host folders of the run before going on by hand',
  })
}

async function listRuns(dir: string): Promise<readonly RunId[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names
    .filter((name) => /^[0-9A-Z]{26}$/.test(name))
    .sort()
    .reverse()
    .map(runId)
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await openFile(folder, 'r')
  await handle.sync()
  await handle.close()
}

async function guarded<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ProblemError) throw error
    const { code, message } = error as NodeJS.ErrnoException // node:fs throws nothing else
    if (code === 'ENOENT')
      throw new ProblemError({
        kind: 'reference',
        message: `no such run: nothing at ${where}`,
        hint: 'list them with `runbook runs`',
      })
    throw new ProblemError({
      kind: 'io',
      message: `cannot keep the record of the run in ${where}: ${message}`,
      hint: 'nothing more is changed on hosts without a record; free space, or give another --state-dir',
    })
  }
}
