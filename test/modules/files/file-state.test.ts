import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderCommand } from '../../../src/model/command.ts'
import { hostName } from '../../../src/model/id.ts'
import type { Json } from '../../../src/model/json.ts'
import type { Probe, Resource } from '../../../src/model/module.ts'
import type { Connection } from '../../../src/model/transport.ts'
import { envFile } from '../../../src/modules/files/env-file.ts'
import { file } from '../../../src/modules/files/file.ts'
import { type FileState, readFileState } from '../../../src/modules/files/file-state.ts'
import { lawController, openLocal, throughShell } from '../law-host.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'file-state-'))
let connection: Connection
beforeAll(async () => {
  connection = await openLocal()
})
afterAll(async () => {
  await connection.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A probe that counts what it asks, foresees what it is told, and may lack tools. */
function probeOf(options: { predicted?: ReadonlyMap<Resource, Json>; tools?: readonly string[] } = {}) {
  const asked: string[] = []
  const { tools } = options
  const through = tools ? throughShell(['/bin/dash'], toolFolder(tools)) : undefined
  const probe: Probe = {
    host: hostName('local'),
    predicted: (resource) => options.predicted?.get(resource),
    run: (command, more) => {
      asked.push(renderCommand(command))
      return connection.probe('root').run(through ? through(command) : command, more)
    },
  }
  return { probe, asked }
}

function toolFolder(tools: readonly string[]): string {
  const at = mkdtempSync(path.join(folder, 'tools-'))
  for (const tool of tools)
    symlinkSync(
      execFileSync('sh', ['-c', `command -v ${tool}`])
        .toString()
        .trim(),
      path.join(at, tool),
    )
  return at
}

test('a file is read by one command', async () => {
  const at = path.join(folder, 'plain')
  writeFileSync(at, 'text\n')
  const { probe, asked } = probeOf()
  const state = await readFileState(at, probe)
  expect(state.entry).toMatchObject({ type: 'file', content: 'text\n', sizeBytes: 5, links: 1, isEmpty: false })
  expect(asked).toHaveLength(1)
})

test('text keeps its byte order mark, and bytes that are no text have no content', async () => {
  const read = async (bytes: Buffer) => {
    writeFileSync(path.join(folder, 'bytes'), bytes)
    return (await readFileState(path.join(folder, 'bytes'), probeOf().probe)).entry
  }
  expect((await read(Buffer.from('\ufeffa')))?.content).toBe('\ufeffa')
  expect((await read(Buffer.from([0x61, 0x00])))?.content).toBeNull()
  expect((await read(Buffer.from([0xff, 0xfe])))?.content).toBeNull()
  expect((await read(Buffer.from('no newline')))?.content).toBe('no newline')
  expect((await read(Buffer.alloc(1_048_577, 'x')))?.content).toBeNull()
  expect((await read(Buffer.alloc(1_048_576, 'x')))?.content).toHaveLength(1_048_576)
})

test('a link is followed, however many steps it takes', async () => {
  mkdirSync(path.join(folder, 'real'))
  writeFileSync(path.join(folder, 'real/f'), 'x')
  symlinkSync('real', path.join(folder, 'dir'))
  symlinkSync('dir/f', path.join(folder, 'link'))
  const state = await readFileState(path.join(folder, 'link'), probeOf().probe)
  expect(state).toMatchObject({ link: 'dir/f', at: path.join(folder, 'real/f'), entry: { content: 'x' } })
})

test('what an earlier step of the plan leaves is found, also behind a link', async () => {
  writeFileSync(path.join(folder, 'target'), 'A=1\n')
  symlinkSync('target', path.join(folder, 'alias'))
  const args = { path: path.join(folder, 'target'), set: { A: 2 } }
  const first = envFile.plan(args, await envFile.read(args, probeOf().probe))
  if (first.kind !== 'change') throw new Error('no change')
  const predicted = new Map(Object.entries(first.change.predicts) as [Resource, Json][]) // its keys are resources
  const { probe, asked } = probeOf({ predicted })
  expect(envFile.plan(args, await envFile.read(args, probe))).toMatchObject({ kind: 'noop' })
  expect(asked).toEqual([])
  const alias = { path: path.join(folder, 'alias'), set: { A: 2 } }
  expect(envFile.plan(alias, await envFile.read(alias, probeOf({ predicted }).probe))).toMatchObject({ kind: 'noop' })
})

test('a file may be planned in a directory that an earlier step makes', async () => {
  const directory = { path: path.join(folder, 'soon'), state: 'directory' }
  const made = file.plan(directory, await file.read(directory, probeOf().probe))
  if (made.kind !== 'change') throw new Error('no change')
  const predicted = new Map(Object.entries(made.change.predicts) as [Resource, Json][]) // its keys are resources
  const inside = { path: path.join(folder, 'soon/f'), content: 'x' }
  expect(file.plan(inside, await file.read(inside, probeOf().probe))).toMatchObject({ kind: 'blocked' })
  expect(file.plan(inside, await file.read(inside, probeOf({ predicted }).probe))).toMatchObject({ kind: 'change' })
})

test.each([
  { missing: 'stat', tools: ['cat', 'sha256sum', 'readlink', 'id'] },
  { missing: 'cat', tools: ['stat', 'sha256sum', 'readlink', 'id'] },
])('a host without $missing is told so by its name', async ({ missing, tools }) => {
  writeFileSync(path.join(folder, 'some'), 'x')
  const read = readFileState(path.join(folder, 'some'), probeOf({ tools }).probe)
  await expect(read).rejects.toMatchObject({
    problems: [{ kind: 'missing-tool', message: expect.stringContaining(`no ${missing}`) as string }],
  })
})

test('writing on a host without sha256sum is refused before anything is written', async () => {
  const args = { path: path.join(folder, 'never'), content: 'x' }
  const decision = file.plan(args, await file.read(args, probeOf().probe))
  if (decision.kind !== 'change') throw new Error('no change')
  const { probe } = probeOf({ tools: ['stat', 'cp', 'mv', 'readlink', 'cat', 'mkdir', 'rm'] })
  const session = { host: probe.host, run: probe.run, folder: path.join(folder, 'run/step'), controller: lawController }
  await expect(file.apply?.(args, decision.change, session)).rejects.toThrow(/no sha256sum/)
})

test('a path that cannot be looked at is a problem with what the host said', async () => {
  const read: Promise<FileState> = readFileState(`/${'x'.repeat(300)}`, probeOf().probe)
  await expect(read).rejects.toMatchObject({
    problems: [
      {
        message: expect.stringContaining('cannot read') as string,
        detail: expect.stringContaining('too long') as string,
      },
    ],
  })
})
