import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { drawProfiles } from '../../src/cli/draw-profiles.ts'
import { changeRecord, sampleRecord } from '../report/samples.ts'

const PROFILE = path.join(import.meta.dirname, '../fixtures/profiles/apiserver-1.20.2-cpu-6s-lists.pb.gz')
const kept = (file: string) => ({ file: `files/${file}`, bytes: 1, sha256: 'ab12' })

async function runFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'draw-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await mkdir(path.join(folder, 'files'))
  return folder
}

test('the profiles of a run are drawn into a folder that is made; other files that it kept are not read', async () => {
  const folder = await runFolder()
  await copyFile(PROFILE, path.join(folder, 'files/c1.cpu'))
  const into = path.join(folder, 'new/flames')
  const record = {
    ...sampleRecord,
    changes: [
      changeRecord({ module: 'pprof_capture', kept: kept('c1.cpu') }),
      changeRecord({ module: 'fetch', kept: kept('a copy that is not there') }),
    ],
  }
  const pictures = await drawProfiles({ record, folder, into })
  expect([...pictures]).toEqual([['files/c1.cpu', path.join(into, 'c1.cpu.svg')]])
  expect(await readdir(into)).toEqual(['c1.cpu.svg'])
  expect(await readFile(path.join(into, 'c1.cpu.svg'), 'utf8')).toMatch(/^<svg [\s\S]*k8s\.io\/apiserver\//)
})

test.each([
  ['is gone', undefined, /files\/c1\.cpu cannot be read/],
  ['is damaged', 'no profile', /files\/c1\.cpu: /],
])('one that %s is told with its file', async (_, text, message) => {
  const folder = await runFolder()
  if (text !== undefined) await writeFile(path.join(folder, 'files/c1.cpu'), text)
  const record = { ...sampleRecord, changes: [changeRecord({ module: 'pprof_capture', kept: kept('c1.cpu') })] }
  const drawing = drawProfiles({ record, folder, into: path.join(folder, 'flames') })
  await expect(drawing).rejects.toMatchObject({ problems: [{ message: expect.stringMatching(message) }] })
})

test('a folder that cannot be made is told', async () => {
  const folder = await runFolder()
  await writeFile(path.join(folder, 'taken'), '')
  const drawing = drawProfiles({ record: sampleRecord, folder, into: path.join(folder, 'taken/flames') })
  await expect(drawing).rejects.toMatchObject({
    problems: [{ kind: 'io', message: expect.stringMatching(/^cannot make the folder .*taken\/flames: ENOTDIR/) }],
  })
})
