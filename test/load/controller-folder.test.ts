import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readControllerFolder } from '../../src/load/controller-folder.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'runbook-folder-'))
  mkdirSync(path.join(folder, 'files/app/bin'), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true }))

const said = (name: string): string => {
  const read = readControllerFolder(folder, name)
  return read.ok ? 'fine' : read.problems.map(({ message }) => message).join('\n')
}

test('a folder is read with its files, folders and links, sorted by path', () => {
  writeFileSync(path.join(folder, 'files/app/bin/start'), 'echo é\n')
  writeFileSync(path.join(folder, 'files/app/.hidden'), '')
  symlinkSync('/etc/shadow', path.join(folder, 'files/app/bin/link'))
  symlinkSync('nowhere', path.join(folder, 'files/app/dead'))
  expect(readControllerFolder(folder, 'files/app')).toEqual({
    ok: true,
    value: [
      { path: '.hidden', content: '' },
      { path: 'bin' },
      { path: 'bin/link', target: '/etc/shadow' },
      { path: 'bin/start', content: 'echo é\n' },
      { path: 'dead', target: 'nowhere' },
    ],
  })
})

test('a folder elsewhere is refused, by name and through a link', () => {
  symlinkSync('/etc', path.join(folder, 'files/etc'))
  for (const name of ['..', '../files', '/etc', 'files/../..', 'files/etc', '']) {
    expect(said(name), name).toMatch(/is not a folder beside the runbook/)
  }
})

test('what is missing, a file, or no text is told', () => {
  writeFileSync(path.join(folder, 'files/app/picture'), Buffer.from([0xff, 0xd8, 0xff]))
  expect(said('nope')).toMatch(/there is no folder .*nope/)
  expect(said('files/app/picture')).toMatch(/cannot read the folder .*: it is a file/)
  expect(said('files/app')).toMatch(/picture.*UTF-8/)
})

test('a folder of more than 1 MiB or 500 entries is refused', () => {
  for (let at = 0; at < 3; at += 1) writeFileSync(path.join(folder, `files/app/${at}`), 'x'.repeat(400_000))
  expect(said('files/app')).toBe('the folder files/app has more than 1 MiB of files')
  for (let at = 0; at < 3; at += 1) rmSync(path.join(folder, `files/app/${at}`))
  for (let at = 0; at < 500; at += 1) writeFileSync(path.join(folder, `files/app/${at}`), '')
  expect(said('files/app')).toBe('the folder files/app has more than 500 files, folders and links')
})
