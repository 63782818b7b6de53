import { appendFile, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { makeRunId } from '../../src/journal/run-id.ts'
import { openJournalStore } from '../../src/journal/store.ts'
import type { RecordedEvent } from '../../src/model/event.ts'
import { hostName, stepId } from '../../src/model/id.ts'

const clock = { now: () => new Date('2026-01-01T00:00:00Z') }
const run = makeRunId(clock.now(), Buffer.alloc(10, 7))
const event: RecordedEvent = {
  type: 'restart-owed',
  host: hostName('e1'),
  stage: 0,
  step: stepId('b'),
  because: stepId('a'),
}

async function store() {
  const dir = await mkdtemp(path.join(tmpdir(), 'journal-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return {
    dir,
    file: path.join(dir, 'runs', run, 'run.jsonl'),
    journals: openJournalStore(path.join(dir, 'runs'), clock),
  }
}

test('events come back in order, from files that only their owner can read', async () => {
  const { journals, file } = await store()
  const journal = await journals.create(run)
  await Promise.all([journal.append(event), journal.append({ ...event, stage: 1 })])
  await journal.close()
  expect((await journals.read(run)).map(({ seq, event: kept }) => [seq, 'stage' in kept && kept.stage])).toEqual([
    [0, 0],
    [1, 1],
  ])
  expect([(await stat(file)).mode & 0o777, (await stat(path.dirname(file))).mode & 0o777]).toEqual([0o600, 0o700])
  expect(await journals.list()).toEqual([run])
})

test('a torn tail is set aside when the journal is opened again, and writing goes on', async () => {
  const { journals, file } = await store()
  const journal = await journals.create(run)
  await journal.append(event)
  await journal.close()
  await appendFile(file, '{"v":1,"seq":1,"ti')
  expect(await journals.read(run)).toHaveLength(1)
  const again = await journals.reopen(run)
  await again.append({ ...event, stage: 2 })
  await again.close()
  expect(await journals.read(run)).toHaveLength(2)
  expect(await readFile(`${file}.torn`, 'utf8')).toBe('{"v":1,"seq":1,"ti')
})

test('damage before the end is an error that names the line', async () => {
  const { journals, file } = await store()
  const journal = await journals.create(run)
  await journal.append(event)
  await journal.append(event)
  await journal.close()
  await writeFile(file, (await readFile(file, 'utf8')).replace('"stage":0', '"stage":9'))
  await expect(journals.read(run)).rejects.toMatchObject({ problems: [{ kind: 'io', at: { line: 1 } }] })
})

test('the same run cannot be created twice, and a run that is not there is a reference problem', async () => {
  const { journals } = await store()
  await (await journals.create(run)).close()
  await expect(journals.create(run)).rejects.toMatchObject({ problems: [{ kind: 'io' }] })
  await expect(journals.read(makeRunId(new Date(1), Buffer.alloc(10)))).rejects.toMatchObject({
    problems: [{ kind: 'reference' }],
  })
})

test('a state folder that cannot be made is told with what to try', async () => {
  const { dir } = await store()
  await writeFile(path.join(dir, 'plain'), '')
  const journals = openJournalStore(path.join(dir, 'plain', 'runs'), clock)
  await expect(journals.create(run)).rejects.toMatchObject({
    problems: [{ kind: 'io', hint: expect.stringContaining('--state-dir') }],
  })
})

test('a later run id sorts after an earlier one', () => {
  const ids = [1, 2, 999_999_999_999].map((ms) => makeRunId(new Date(ms), Buffer.alloc(10, 255)))
  expect([...ids].sort()).toEqual(ids)
  expect(ids[0]).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/)
})

test('a run id sorts after the newest run also when the clock was set back', () => {
  const random = Buffer.alloc(10, 255)
  const last = makeRunId(new Date(999_999_999_999), random)
  const next = makeRunId(new Date(5), Buffer.alloc(10), last)
  expect([next, last].sort()).toEqual([last, next])
  expect(makeRunId(new Date(1_000_000_000_000), random, last)).toBe(makeRunId(new Date(1_000_000_000_000), random))
})

test('a file is kept whole beside the journal, for its owner alone, in place of an earlier one', async () => {
  const { journals, file } = await store()
  const journal = await journals.create(run)
  await journal.keep('e1.log', Buffer.from('first'))
  const kept = await journal.keep('e1.log', Buffer.from([0, 255]))
  await journal.close()
  const sha256 = '06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8'
  expect(kept).toEqual({ file: 'files/e1.log', bytes: 2, sha256 })
  const at = path.join(path.dirname(file), 'files/e1.log')
  expect(await readFile(at)).toEqual(Buffer.from([0, 255]))
  expect([(await stat(at)).mode & 0o777, (await stat(path.dirname(at))).mode & 0o777]).toEqual([0o600, 0o700])
})

test('a file that comes in pieces is kept whole, and of one that ends in an error nothing is, nor is an earlier one replaced', async () => {
  const { journals, file } = await store()
  const journal = await journals.create(run)
  const pieces = async function* (...texts: readonly (string | Error)[]) {
    for (const text of texts) {
      if (text instanceof Error) throw text
      yield Buffer.from(text)
    }
  }
  expect(await journal.keep('e1.db', pieces('ab', '', 'c'))).toEqual({
    file: 'files/e1.db',
    bytes: 3,
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  })
  await expect(journal.keep('e1.db', pieces('x', new Error('gone')))).rejects.toThrow('gone')
  await journal.close()
  const folder = path.join(path.dirname(file), 'files')
  expect(await readdir(folder)).toEqual(['e1.db'])
  expect(await readFile(path.join(folder, 'e1.db'), 'utf8')).toBe('abc')
})

test.each(['../x', 'a/b', '', '/etc/passwd', 'a\0b'])('a name that could be a path is none: %j', async (name) => {
  const { journals } = await store()
  const journal = await journals.create(run)
  await expect(journal.keep(name, Buffer.from('x'))).rejects.toThrow(/no name for a file/)
  await journal.close()
})

test('a disk that does not keep what was written stops everything: it is told, never tried again, and nothing follows', async () => {
  const { journals, file } = await store()
  const journal = await journals.create(run)
  const handle = await open(file)
  const failing = vi.spyOn(Object.getPrototypeOf(handle), 'datasync')
  await handle.close()
  failing.mockRejectedValueOnce(Object.assign(new Error('i/o error, fdatasync'), { code: 'EIO' }))
  const begun: RecordedEvent = { type: 'undo-started', host: event.host, stage: 0, step: event.step }
  await expect(journal.append(begun)).rejects.toMatchObject({ problems: [{ kind: 'io' }] })
  await expect(journal.append(begun)).rejects.toMatchObject({ problems: [{ kind: 'io' }] })
  expect(failing).toHaveBeenCalledTimes(1) // who is told that it is kept now cannot know
  failing.mockRestore()
  await journal.close().catch(() => undefined)
  const lines = (await readFile(file, 'utf8')).split('\n')
  expect(lines).toHaveLength(2) // the one that may or may not be kept
})
